"""Miniatures of the networks that read words, with vocabularies of their own, saved as published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

WORDS = ("rat", "tail", "brown", "white", "cage", "bar", "a")
SHORT, LONG = 64, 96
"""Edges, in pixels, that the miniature of Grounding DINO resizes to."""
_SPECIAL = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
"""Numbers that Grounding DINO expects of the vocabulary of BERT."""


def bert_vocabulary() -> list[str]:
    """1,100 entries: the special ones where the network expects them, letters, and `WORDS`."""
    names = [f"[unused{k}]" for k in range(1100)]
    for place, name in _SPECIAL.items():
        names[place] = name
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    pieces = [*WORDS, *letters.replace("a", ""), *(f"##{one}" for one in letters)]
    names[200 : 200 + len(pieces)] = pieces
    return names


def save_bert_tokenizer(path: Path) -> Path:
    """The files of a tokenizer, as published beside Grounding DINO."""
    from transformers import BertTokenizerFast

    path.mkdir(parents=True, exist_ok=True)
    (path / "vocab.txt").write_text("\n".join(bert_vocabulary()) + "\n")
    vocabulary = {name: k for k, name in enumerate(bert_vocabulary())}
    BertTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(path)
    return path


def seeded(make: Any, config: Any, seed: int) -> Any:
    """A network with random weights that are large enough for its answers to differ."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make(config)
        for parameter in network.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter.data, 0.0, parameter[0].numel() ** -0.5)
            else:
                parameter.data += torch.randn_like(parameter) * 0.1
    return network.eval()


def grounding_config(kind: str = "grounding-dino") -> Any:
    """Grounding DINO, or `mm-grounding-dino`, with 20 boxes."""
    import transformers

    make = {
        "grounding-dino": transformers.GroundingDinoConfig,
        "mm-grounding-dino": transformers.MMGroundingDinoConfig,
    }[kind]
    swin = {
        "model_type": "swin",
        "image_size": SHORT,
        "embed_dim": 8,
        "depths": [1, 1, 1, 1],
        "num_heads": [1, 1, 2, 2],
        "window_size": 4,
        "out_indices": [2, 3, 4],
    }
    text = {
        "model_type": "bert",
        "vocab_size": 1100,
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 256,
    }
    return make(
        backbone_config=swin,
        text_config=text,
        d_model=32,
        num_queries=20,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
    )


def save_grounding(path: Path, kind: str = "grounding-dino") -> Path:
    """A folder as of `IDEA-Research/grounding-dino-tiny`: network, tokenizer, preprocessing."""
    import transformers

    make = {
        "grounding-dino": transformers.GroundingDinoForObjectDetection,
        "mm-grounding-dino": transformers.MMGroundingDinoForObjectDetection,
    }[kind]
    seeded(make, grounding_config(kind), 3).save_pretrained(path)
    asked = {"size": {"shortest_edge": SHORT, "longest_edge": LONG}, "do_normalize": True}
    (path / "preprocessor_config.json").write_text(json.dumps(asked))
    return save_bert_tokenizer(path)


def save_words(path: Path) -> Path:
    """One folder with the weights of all that `text` and `sam3` need, named as in the catalogue."""
    from foundation_kit import save_sam2, save_sam3

    save_grounding(path / "grounding-dino-tiny")
    save_sam2(path / "sam2-small")
    save_clip_tokenizer(save_sam3(path / "sam3"))
    return path


def _byte_letters() -> list[str]:
    """A printable letter for each of 256 bytes, as byte-level vocabularies have them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + k) for k in range(len(others))]


def save_clip_tokenizer(path: Path) -> Path:
    """The files of a tokenizer, as published beside SAM 3, with 545 entries."""
    from transformers import CLIPTokenizer

    letters = _byte_letters()
    names = [*letters, *(f"{one}</w>" for one in letters)]
    merges = []
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        while len(pieces) > 1:
            merges.append((pieces[0], pieces[1]))
            pieces[:2] = [pieces[0] + pieces[1]]
            names.append(pieces[0])
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: k for k, name in enumerate(dict.fromkeys(names))}
    path.mkdir(parents=True, exist_ok=True)
    CLIPTokenizer(vocab=vocabulary, merges=list(dict.fromkeys(merges))).save_pretrained(path)
    return path
