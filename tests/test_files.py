import json
import os

import numpy as np
import pytest
import torch

from pyg_energyloss.files import (
    CorruptFileError,
    npz_bytes,
    read_json,
    read_npz,
    read_or_set_aside,
    write_bytes,
    write_csv,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = write_text(tmp_path / "a" / "r.txt", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["r.txt"]


def test_files_can_be_read_by_others(tmp_path):
    path = write_bytes(tmp_path / "x", b"1")
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_json_holds_tensors_and_no_nan(tmp_path):
    document = {
        "t": torch.tensor([1.0, float("nan")]),
        "n": np.float32(2),
        "i": float("inf"),
        "p": tmp_path,
        "tuple": (1, None, True),
    }
    read = json.loads(write_json(tmp_path / "d.json", document).read_text())
    assert read == {
        "t": [1.0, None],
        "n": 2.0,
        "i": None,
        "p": str(tmp_path),
        "tuple": [1, None, True],
    }
    with pytest.raises(TypeError, match="holds a object"):
        write_json(tmp_path / "d.json", {"x": object()})


def test_csv_leaves_missing_cells_empty(tmp_path):
    path = write_csv(tmp_path / "d.csv", ["a", "b"], [{"a": 1}, {"a": "x,y", "b": 2, "c": 3}])
    assert path.read_text() == 'a,b\n1,\n"x,y",2\n'


@pytest.mark.parametrize("content", ["", '{"cut": ', "[1]", "null", "\0\0"])
def test_json_that_is_not_whole_is_named(tmp_path, content):
    path = write_text(tmp_path / "result.json", content)
    with pytest.raises(CorruptFileError, match=r"result\.json is not whole \(.+\)"):
        read_json(path)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "absent.json")


def test_npz_that_is_not_whole_is_named(tmp_path):
    whole = npz_bytes({"pos": np.arange(1000.0)})
    assert read_npz(write_bytes(tmp_path / "s.npz", whole))["pos"][-1] == 999
    for content in (b"", whole[:-30], whole[:100], whole[:50] + bytes(50) + whole[100:], b"text"):
        path = write_bytes(tmp_path / "structures.npz", content)
        with pytest.raises(CorruptFileError, match=r"structures\.npz is not whole"):
            read_npz(path)


def test_a_checkpoint_that_is_not_whole_is_set_aside(tmp_path):
    path = tmp_path / "last.ckpt"

    def load(path):
        return torch.load(path, weights_only=True)

    assert read_or_set_aside(path, load) is None
    torch.save({"step": 3}, path)
    whole = path.read_bytes()
    assert read_or_set_aside(path, load) == {"step": 3}
    for content in (b"", whole[:-50], whole[:50], bytes(200)):
        path.write_bytes(content)
        with pytest.warns(RuntimeWarning, match=r"last\.ckpt is not whole .* as last\.ckpt\.corr"):
            assert read_or_set_aside(path, load) is None
        assert [p.name for p in tmp_path.iterdir()] == ["last.ckpt.corrupt"]
