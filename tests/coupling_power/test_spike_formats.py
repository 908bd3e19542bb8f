"""Spikes of simulators and cameras: the same spikes from every format, one clear message from a broken file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from coupling.errors import TraceError
from coupling.power.formats.spike_arrays import read_nwb, read_sonata, read_spike_npz
from coupling.power.formats.spike_text import read_aedat, read_aer_text, read_nest, read_spike_csv
from coupling.power.module import module_trace
from coupling.power.spec import PowerSpec
from coupling.power.spikes import Spikes

TIME = np.array([0.001, 0.002, 0.002, 0.005])
NEURON = np.array([0, 2, 1, 0])


def nest_old(path: Path) -> Spikes:
    path.write_text("".join(f"{neuron}\t{1e3 * time}\n" for neuron, time in zip(NEURON, TIME, strict=True)))
    return read_nest(path)


def nest_new(path: Path) -> Spikes:
    rows = "".join(f"{neuron}\t{1e3 * time}\n" for neuron, time in zip(NEURON, TIME, strict=True))
    path.write_text("# NEST version: 3.6\n# RecordingBackendASCII version: 2\nsender\ttime_ms\n" + rows)
    return read_nest(path)


def table(path: Path) -> Spikes:
    rows = "".join(f"{time},{neuron}\n" for neuron, time in zip(NEURON, TIME, strict=True))
    path.write_text("time_s,neuron\n" + rows)
    return read_spike_csv(path)


def addresses(path: Path) -> Spikes:
    path.write_text(
        "".join(f"{neuron} {time * 1e6:.0f}\n" for neuron, time in zip(NEURON, TIME, strict=True))
    )
    return read_aer_text(path)


def brian(path: Path) -> Spikes:
    np.savez(path, i=NEURON, t=TIME, N=3)
    return read_spike_npz(path)


def brainpy(path: Path) -> Spikes:
    fired = np.zeros((6, 3), dtype=bool)
    fired[np.round(TIME * 1e3).astype(int), NEURON] = True
    np.savez(path, spike=fired, ts=np.arange(6.0))
    return read_spike_npz(path)


def sonata(path: Path) -> Spikes:
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/cortex")
        group.create_dataset("timestamps", data=1e3 * TIME).attrs["units"] = "milliseconds"
        group["node_ids"] = NEURON.astype(np.uint64)
    return read_sonata(path)


def nwb(path: Path) -> Spikes:
    with h5py.File(path, "w") as file:
        order = np.argsort(NEURON, kind="stable")
        file["units/spike_times"] = TIME[order]
        file["units/spike_times_index"] = np.cumsum(np.bincount(NEURON))
    return read_nwb(path)


@pytest.mark.parametrize("make", [nest_old, nest_new, table, addresses, brian, brainpy, sonata, nwb])
def test_every_format_gives_the_same_spikes(tmp_path: Path, make: Callable[[Path], Spikes]) -> None:
    spikes = make(tmp_path / f"spikes{'.npz' if make in (brian, brainpy) else '.dat'}")
    assert spikes.time == pytest.approx(TIME)
    assert np.bincount(spikes.neuron).tolist() == [2, 1, 1]
    assert spikes.neurons == 3
    assert sorted(spikes.neuron[1:3]) == [1, 2]


def test_binary_address_events_count_from_their_first_timestamp(tmp_path: Path) -> None:
    events = np.array([[7, 1_000_000], [9, 1_000_250], [7, 1_001_000]], dtype=">u4")
    (tmp_path / "a.aedat").write_bytes(b"#!AER-DAT2.0\r\n# camera\r\n" + events.tobytes())
    spikes = read_aedat(tmp_path / "a.aedat")
    assert spikes.time == pytest.approx([0.0, 250e-6, 1e-3])
    assert spikes.neuron.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_nest, "", "the file is empty"),
        (read_nest, "1 2 3\n", ":1: expected 2 columns"),
        (read_nest, "1 2.0\n2\n", ":2: expected 2 values, found 1"),
        (read_nest, "1 2.0\n2 nan\n", ":2: column 2 is nan"),
        (read_nest, "1 2.0\n2 -1\n", ":2: column 2 is -1"),
        (read_nest, "1 2.0\n2 1.0\n", ":2: time runs backwards"),
        (read_nest, "1.5 2.0\n", ":1: sender 1.5 is no whole number"),
        (read_nest, "sender\ttime_step\ttime_offset\n1 2 0\n", "expected 2 columns"),
        (read_nest, "sender\ttime_step\n1 2\n", "unit of 'time_step' is unknown"),
        (read_nest, "sender\ttime_ms\n", "no spike follows"),
        (read_nest, " ".join(str(index) for index in range(1_000_000)) + "\n", "found 1000000"),
        (read_spike_csv, "neuron,when\n1,2\n", "expected a header"),
        (read_aer_text, "1 10\n2 5\n", ":2: time runs backwards"),
    ],
    ids=lambda value: value[:20].replace("\n", "|") if isinstance(value, str) else None,
)
def test_bad_spike_text_is_one_message(
    tmp_path: Path, read: Callable[[Path], Spikes], text: str, message: str
) -> None:
    path = tmp_path / "bad.dat"
    path.write_text(text)
    with pytest.raises(TraceError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no events"),
        (b"#!AER-DAT2.0\n", "no events follow the 1 header"),
        (b"#!AER-DAT2.0", "header does not end"),
        (b"#\n\0\0\0\1\0\0\0\2\0\0", "truncated within event 2"),
        (b"\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\1", "event 2: time runs backwards"),
    ],
)
def test_bad_binary_address_events_are_one_message(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.aedat").write_bytes(content)
    with pytest.raises(TraceError, match=message):
        read_aedat(tmp_path / "bad.aedat")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "found nothing"),
        ({"i": NEURON}, "expected the arrays i and t"),
        ({"i": NEURON, "t": TIME[:3]}, "3 spike times but 4 neurons"),
        ({"i": NEURON, "t": TIME[::-1]}, "time runs backwards"),
        ({"i": NEURON, "t": -TIME[::-1]}, "outside"),
        ({"i": NEURON, "t": np.full(4, np.nan)}, "not finite"),
        ({"i": NEURON - 1, "t": TIME}, "a neuron lies outside"),
        ({"i": NEURON, "t": TIME, "N": 2}, "a neuron lies outside"),
        ({"spike": np.zeros(4)}, "matrix of steps x neurons"),
        ({"spike": np.zeros((4, 2))}, "needs ts or dt"),
        ({"spike": np.zeros((4, 2)), "ts": np.arange(3.0)}, "3 times for 4 steps"),
        ({"spike": np.zeros((4, 2)), "ts": np.array([0.0, 2.0, 1.0, 3.0])}, "does not increase"),
    ],
)
def test_bad_monitors_are_one_message(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(TraceError, match=message) as caught:
        read_spike_npz(tmp_path / "bad.npz")
    assert "bad.npz" in str(caught.value)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    brian(tmp_path / "whole.npz")
    content = (tmp_path / "whole.npz").read_bytes()
    for name, part in (("half.npz", content[: len(content) // 2]), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(TraceError, match="not a readable"):
            read_spike_npz(tmp_path / name)


@pytest.mark.parametrize("read", [read_sonata, read_nwb])
def test_a_truncated_or_foreign_hdf5_file_is_refused(tmp_path: Path, read: Callable[[Path], Spikes]) -> None:
    sonata(tmp_path / "whole.h5")
    content = (tmp_path / "whole.h5").read_bytes()
    for name, part in (("half.h5", content[: len(content) // 2]), ("empty.h5", b""), ("text.h5", b"hello")):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(TraceError, match="not a readable HDF5"):
            read(tmp_path / name)
    h5py.File(tmp_path / "other.h5", "w").close()
    with pytest.raises(TraceError, match="no group"):
        read(tmp_path / "other.h5")


def test_bad_sonata_contents_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.h5"

    def write(unit: str, **arrays: np.ndarray) -> None:
        with h5py.File(path, "w") as file:
            group = file.create_group("spikes/cortex")
            for name, values in arrays.items():
                group[name] = values
                group[name].attrs["units"] = unit

    write("fortnights", timestamps=TIME, node_ids=NEURON)
    with pytest.raises(TraceError, match="unit 'fortnights'"):
        read_sonata(path)
    write("s", timestamps=TIME)
    with pytest.raises(TraceError, match="no dataset /spikes/cortex/node_ids"):
        read_sonata(path)
    write("s", timestamps=TIME[:2], node_ids=NEURON)
    with pytest.raises(TraceError, match="2 spike times but 4 neurons"):
        read_sonata(path)
    write("s", timestamps=-TIME, node_ids=NEURON)
    with pytest.raises(TraceError, match="time is negative"):
        read_sonata(path)
    write("s", timestamps=TIME * np.nan, node_ids=NEURON)
    with pytest.raises(TraceError, match="not finite"):
        read_sonata(path)
    write("s", timestamps=TIME, node_ids=NEURON)
    with pytest.raises(TraceError, match="population 'retina' is not one of cortex"):
        read_sonata(path, "retina")


def test_an_nwb_index_that_does_not_cut_the_times_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bad.nwb", "w") as file:
        file["units/spike_times"] = TIME
        file["units/spike_times_index"] = np.array([2, 3])
    with pytest.raises(TraceError, match="does not cut"):
        read_nwb(tmp_path / "bad.nwb")


def test_ids_that_a_number_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.gdf"
    path.write_text("1 2.0\n99999999999999999999 5.0\n")
    with pytest.raises(TraceError, match=r"s\.gdf:2: sender 1e\+20, expected at most"):
        read_nest(path)


def test_a_recording_in_a_wrong_unit_of_time_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "s.gdf"
    path.write_text("1 2.0\n2 1e30\n")
    spec = PowerSpec.model_validate({"trace": "s.gdf"})
    with pytest.raises(TraceError, match=r"power\.interval, or check the unit of time"):
        module_trace(spec, tmp_path, ("a", "b"))


@pytest.mark.parametrize(("make", "read"), [(sonata, read_sonata), (brian, read_spike_npz)])
def test_a_file_with_flipped_bytes_is_read_or_refused_in_words(
    tmp_path: Path, make: Callable[[Path], Spikes], read: Callable[[Path], Spikes]
) -> None:
    whole, path, random = tmp_path / "whole", tmp_path / "broken", np.random.default_rng(6)
    make(whole.with_suffix(".npz") if make is brian else whole)
    content = (whole.with_suffix(".npz") if make is brian else whole).read_bytes()
    refused = 0
    for _ in range(150):
        broken = bytearray(content)
        for place in random.integers(0, len(broken), 3):
            broken[place] = random.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            read(path)
        except TraceError as error:
            refused += str(path) in str(error)
    assert refused > 10


def test_a_population_that_no_memory_holds_is_refused() -> None:
    with pytest.raises(TraceError, match="at most 268435456 are placed"):
        Spikes(np.array([0.1]), np.array([10**12]), 10**12 + 1, 1.0, "far.h5")
