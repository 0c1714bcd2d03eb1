"""What the animals do: a small automaton per animal, all frames at once, in floor centimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from masklet.core.arrays import Floats

REST = ("sniff", "rear", "groom", "huddle")
_DURATION = {
    "walk": (1.5, 5.0),
    "sniff": (0.4, 1.2),
    "rear": (0.9, 1.9),
    "groom": (1.2, 2.4),
    "huddle": (1.5, 3.0),
}
_LAG = {"speed": 0.18, "turn": 0.12, "rear": 0.22, "groom": 0.25, "curl": 0.35}
_BODY = 11.0


@dataclass(frozen=True, eq=False)
class Controls:
    """How one animal holds itself on every frame; all columns `(n,) float64`.

    Args:
        x, y: pelvis on the floor, cm.
        heading: radians, anticlockwise from +x, not wrapped.
        turn: radians per second.
        speed: cm per second.
        rear, groom, curl: 0..1, how much of that posture.
        yaw: radians, head against body.
        phase: gait phase, radians.
        seconds: time.
    """

    x: Floats
    y: Floats
    heading: Floats
    turn: Floats
    speed: Floats
    rear: Floats
    groom: Floats
    curl: Floats
    yaw: Floats
    phase: Floats
    seconds: Floats


@dataclass
class _Mover:
    """One animal's running state; `log` holds a row a frame."""

    x: float
    y: float
    heading: float
    speed: float = 0.0
    turn: float = 0.0
    rear: float = 0.0
    groom: float = 0.0
    curl: float = 0.0
    mood: str = "walk"
    until: float = 0.0
    pace: float = 18.0
    goal: tuple[float, float] = (0.0, 0.0)
    log: list[tuple[float, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Habits:
    """What a cast of animals is like.

    Args:
        crossing: 0..1, how often a walk leads straight through another animal; above 0.5 they do
            not make way for each other.
        activity: 0..1, how often a walk is followed by another one rather than by a rest.
    """

    crossing: float = 0.25
    activity: float = 0.5


def choreograph(
    n_animals: int,
    n_frames: int,
    fps: float,
    zone: tuple[float, float, float, float],
    habits: Habits,
    rng: np.random.Generator,
) -> list[Controls]:
    """Controls of every animal for `n_frames` frames inside `zone` (x0, y0, x1, y1), cm."""
    movers = [_start(k, n_animals, zone, rng) for k in range(n_animals)]
    for frame in range(n_frames):
        now = frame / fps
        for mover in movers:
            others = [other for other in movers if other is not mover]
            if now >= mover.until:
                _decide(mover, others, now, zone, habits, rng)
            _step(mover, others, 1 / fps, habits.crossing)
            mover.x = min(max(mover.x, zone[0]), zone[2])
            mover.y = min(max(mover.y, zone[1]), zone[3])
            mover.log.append(
                (
                    mover.x,
                    mover.y,
                    mover.heading,
                    mover.turn,
                    mover.speed,
                    mover.rear,
                    mover.groom,
                    mover.curl,
                )
            )
    return [_controls(mover, fps, rng) for mover in movers]


def _start(k: int, n: int, zone: tuple[float, float, float, float], rng: np.random.Generator) -> _Mover:
    x0, y0, x1, y1 = zone
    share = (k + rng.uniform(0.3, 0.7)) / n
    x, y = x0 + (x1 - x0) * share, rng.uniform(y0, y1)
    return _Mover(x, y, rng.uniform(-math.pi, math.pi))


def _decide(
    me: _Mover,
    others: list[_Mover],
    now: float,
    zone: tuple[float, float, float, float],
    habits: Habits,
    rng: np.random.Generator,
) -> None:
    rests = me.mood == "walk" and now > 0 and rng.random() > habits.activity
    if rests:
        chances = np.array([0.36, 0.28, 0.24, 0.12 if others else 0.0])
        me.mood = str(rng.choice(REST, p=chances / chances.sum()))
    else:
        me.mood = "walk"
    low, high = _DURATION[me.mood]
    me.until = now + rng.uniform(low, high)
    me.pace = rng.uniform(14, 38)
    x0, y0, x1, y1 = zone
    me.goal = (rng.uniform(x0, x1), rng.uniform(y0, y1))
    if others and (me.mood == "huddle" or (me.mood == "walk" and rng.random() < habits.crossing)):
        other = others[int(rng.integers(len(others)))]
        reach = 1.0 if me.mood == "huddle" else 2.2
        gx, gy = me.x + reach * (other.x - me.x), me.y + reach * (other.y - me.y)
        me.goal = (min(max(gx, x0), x1), min(max(gy, y0), y1))


def _step(me: _Mover, others: list[_Mover], dt: float, crossing: float) -> None:
    dx, dy = me.goal[0] - me.x, me.goal[1] - me.y
    away = math.hypot(dx, dy)
    walks = me.mood == "walk" or (me.mood == "huddle" and away > _BODY)
    error = math.remainder(math.atan2(dy, dx) - me.heading, 2 * math.pi)
    if walks and away < 4 and me.mood == "walk":
        me.until = 0.0
    pace = me.pace * max(0.12, math.cos(error)) * min(1.0, 0.25 + away / 12) if walks else 0.0
    turn = max(-3.2, min(3.2, 2.6 * error)) if walks else 0.0
    wanted = {
        "speed": pace,
        "turn": turn,
        "rear": float(me.mood == "rear"),
        "groom": float(me.mood == "groom"),
        "curl": float(me.mood == "huddle" and not walks),
    }
    for name, target in wanted.items():
        value = getattr(me, name)
        setattr(me, name, value + (target - value) * min(1.0, dt / _LAG[name]))
    me.heading += me.turn * dt
    me.x += me.speed * math.cos(me.heading) * dt
    me.y += me.speed * math.sin(me.heading) * dt
    if crossing <= 0.5:
        _make_way(me, others, dt)


def _make_way(me: _Mover, others: list[_Mover], dt: float) -> None:
    for other in others:
        dx, dy = me.x - other.x, me.y - other.y
        gap = math.hypot(dx, dy) or 1e-6
        if gap < 1.3 * _BODY:
            push = 14 * (1.3 - gap / _BODY) * dt
            me.x += push * dx / gap
            me.y += push * dy / gap


def _controls(mover: _Mover, fps: float, rng: np.random.Generator) -> Controls:
    x, y, heading, turn, speed, rear, groom, curl = np.array(mover.log).T
    seconds = np.arange(len(x)) / fps
    waves = rng.uniform(0, 2 * np.pi, 3)
    yaw = 0.25 * np.sin(2 * np.pi * 0.43 * seconds + waves[0])
    yaw += 0.18 * np.sin(2 * np.pi * 1.1 * seconds + waves[1])
    yaw *= 1 - 0.6 * np.maximum(groom, curl)
    phase = waves[2] + np.cumsum(speed) / fps * 2 * np.pi / 9.0
    return Controls(x, y, heading, turn, speed, rear, groom, curl, yaw, phase, seconds)
