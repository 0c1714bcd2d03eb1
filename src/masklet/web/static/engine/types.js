// The words that engine/, net/ and views/ share. Types only: nothing here runs.
//
// Frames are 0-based. Ranges are half-open, [from, to). Pixels have their origin at the corner of the
// top-left pixel, so the centre of pixel (3, 0) is (3.5, 0.5). Times are seconds unless said.

/**
 * A crop of 0 and 1, row-major, at (x, y) of the frame. An empty mask has w = h = 0.
 * Masks are never changed in place: every operation of bitmap.js makes a new one.
 * @typedef {Object} Mask
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Uint8Array} data  w * h values, 0 or 1
 */

/**
 * Whole pixels, half-open: x0 <= x < x1.
 * @typedef {Object} Box
 * @property {number} x0
 * @property {number} y0
 * @property {number} x1
 * @property {number} y1
 */

/** @typedef {{x: number, y: number}} Point  in pixels of the frame, fractions allowed */

/**
 * One object on one frame, as a VM packet holds it. `runs` is decoded when it is needed
 * (`packet.maskOf(row)`).
 * @typedef {Object} Row
 * @property {number} id       the object
 * @property {number} score    0..1, NaN where a person drew it
 * @property {number} origin   ORIGIN in words.js
 * @property {number} review   REVIEW in words.js
 * @property {number} flags    FLAG bits in words.js
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Uint8Array} runs LEB128 run lengths of the crop, row-major, background first
 */

/** @typedef {{frame: number, revision: number, rows: Row[]}} Packet */

/** @typedef {"area"|"line"} Kind */

/**
 * @typedef {Object} ObjectInfo
 * @property {number} id
 * @property {string} label
 * @property {Kind} kind
 * @property {string} colour  "#rrggbb", or "" for the palette's
 * @property {boolean} locked
 * @property {boolean} hidden
 * @property {number} order   higher is drawn later, thus on top
 */

/** @typedef {{name: string, kind: Kind, colour: string}} LabelInfo */

/**
 * @typedef {Object} VideoInfo
 * @property {number} id
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {number} frames
 * @property {number} fps
 * @property {string} hash
 * @property {number} revision
 * @property {"ok"|"missing"|"changed"|"unreadable"} state
 * @property {string} message  what is wrong and what to do, where the state is not "ok"
 * @property {number} rows
 * @property {ObjectInfo[]} objects
 * @property {LabelInfo[]} [labels]   of GET /videos/{v} only
 * @property {number[]} [checked]     of GET /videos/{v} only
 * @property {[number, number][]} [sizes]  of GET /videos/{v} only, and only where pictures differ in size
 */

/** @typedef {{name: string, summary: string, available: boolean, why: string}} EngineInfo */
/** @typedef {{name: string, reads: boolean, writes: boolean, summary: string}} FormatInfo */
/** @typedef {{alive: boolean, what: string}} WorkerInfo */

/**
 * @typedef {Object} ProjectInfo
 * @property {string} name
 * @property {VideoInfo[]} videos
 * @property {string} engine  the one that a job takes unless it is told another
 * @property {EngineInfo[]} engines
 * @property {FormatInfo[]} formats
 * @property {WorkerInfo} worker
 */

/** @typedef {{id: string, name: string, size: number}} LibraryItem */
/** @typedef {{name: string, items: LibraryItem[]}} LibraryFolder */

/** @typedef {{revision: number, frames: [number, number][], objects: number[], object?: number,
 *   nothing?: boolean, passed?: string}} Changed */

/** @typedef {"queued"|"running"|"waiting"|"stopped"|"interrupted"|"failed"|"done"} JobState */

/**
 * @typedef {Object} JobRequest
 * @property {number} video
 * @property {"initial"|"resegment"|"between"} kind
 * @property {string} [frames]   as on the command line: "3,10-20"
 * @property {"both"|"forward"|"backward"} [direction]
 * @property {string} [engine]
 * @property {number[]} [objects]
 * @property {number} [workers]
 * @property {"automatic"|"frame_by_frame"} [mode]
 * @property {boolean} [reuse]
 * @property {boolean} [stop_at_flag]
 */

/**
 * @typedef {Object} Job
 * @property {string} id
 * @property {JobRequest} spec
 * @property {JobState} state
 * @property {number} done
 * @property {number} total
 * @property {number} fps
 * @property {number|null} eta      seconds
 * @property {string} message
 * @property {string[]} log
 * @property {string|number} created
 * @property {number|null} position in the queue
 * @property {number} [frame]  the last one that the engine answered; -1 = none yet
 * @property {string} [engine]  the one that tracks; "" = none is chosen yet
 */

/**
 * @typedef {Object} Doubt
 * @property {number} frame
 * @property {number} last     inclusive end of the run of doubtful frames
 * @property {number} worst    the one of them to look at first
 * @property {number} object
 * @property {string} label
 * @property {string[]} reasons
 * @property {number} weight   0..1, the worst first
 * @property {number|null} score
 */

/** @typedef {{revision: number, verb: string, author: string, time: string, what: string}} Blame */

/** @typedef {{name: string, polygon: [number, number][]}} Zone */

/**
 * @typedef {Object} ObjectStatistics
 * @property {number} id
 * @property {string} label
 * @property {number} frames
 * @property {number|null} mean_area
 * @property {number|null} distance
 * @property {number|null} mean_speed
 * @property {number|null} mean_score
 * @property {Record<string, number>} zones  seconds by the zone's name
 * @property {number[]} frame
 * @property {number[]} area
 * @property {(number|null)[]} score
 * @property {(number|null)[]} x
 * @property {(number|null)[]} y
 */

/** @typedef {{w: number, h: number, counts: number[]}} Heat */
/** @typedef {{objects: ObjectStatistics[], heat: Record<string, Heat>}} Statistics */

/** @typedef {"move"|"point"|"box"|"brush"|"eraser"|"polygon"|"polyline"} ToolName */
/** @typedef {"saved"|"pending"|"offline"|"refused"} Saving */
/** @typedef {"info"|"good"|"warning"|"error"} ToastKind */
/** @typedef {{label: string, run: () => void}} Remedy */

/**
 * @typedef {Object} Toast
 * @property {ToastKind} kind
 * @property {string} text
 * @property {string} [remedy]
 * @property {string} [code]
 * @property {string} [about]    it replaces an earlier one about the same
 * @property {Remedy[]} [offers] it stays until one of them is taken, or it is dismissed
 */

/**
 * One object's columns of the timeline, sorted by frame.
 * @typedef {Object} Track
 * @property {number} id
 * @property {Int32Array} frame
 * @property {Float32Array} score
 * @property {Uint32Array} area
 * @property {Uint16Array} flags
 * @property {Uint8Array} origin
 * @property {Uint8Array} review
 */

/** @typedef {{x: number, y: number, object: number|null, frame: number}} Hover */

/** @typedef {{author: string, frame: number}} Person */

/**
 * What a tool may do with the picture; `editor.js` is one.
 * @typedef {Object} Stage
 * @property {number} width    of the frame, pixels
 * @property {number} height
 * @property {number} brushSize    diameter, pixels of the frame
 * @property {number} lineWidth    of polylines, pixels of the frame
 * @property {boolean} subtract    polygons and boxes take away; a right click then adds
 * @property {import("./viewport.js").Viewport} view
 * @property {() => Mask} edited   the mask that the person is about to change; empty where none is
 * @property {(mask: Mask, dirty?: Box) => void} preview  show this instead, until it is committed
 * @property {(before: Mask, after: Mask, verb: string) => void} commit  a stroke began on the mask `before`
 *   and made it `after`: what it changed is done to the mask of now, drawn and saved
 * @property {(what: {points?: [number, number, number][], box?: [number, number, number, number],
 *   postpone?: boolean}) => void} ask  prompts for the model; what is not given stays as it was
 * @property {() => void} draw     draw the overlay again at the next animation frame
 * @property {() => boolean} ready an unlocked object is selected and the exact frame is shown;
 *   otherwise says why not
 */

export {};
