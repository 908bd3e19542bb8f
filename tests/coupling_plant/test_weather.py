"""Weather: strict reading of EPW files, synthetic years with exact normals, heat waves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coupling.errors import WeatherError
from coupling.plant import climate
from coupling.plant.climate import climate_names, climate_year
from coupling.plant.epw import read_epw
from coupling.plant.facility import FacilitySpec
from coupling.plant.weather import DAYS_OF_MONTH, Weather, month_of_hour

HEADER = [
    "LOCATION,Testville,TST,TST,made,000000,22.3,114.2,8.0,65.0",
    "DESIGN CONDITIONS,0",
    "TYPICAL/EXTREME PERIODS,0",
    "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
    "COMMENTS 1,made for a test",
    "COMMENTS 2,",
    "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
]


def row(
    month: int, day: int, hour: int, dry: float = 20.0, humidity: float = 60.0, pressure: float = 101000.0
) -> str:
    return f"1999,{month},{day},{hour},0,?9,{dry},12.0,{humidity},{pressure}" + ",0" * 25


def rows(leap: bool = False) -> list[str]:
    lines = []
    for month, days in enumerate(DAYS_OF_MONTH, start=1):
        for day in range(1, days + (2 if leap and month == 2 else 1)):
            lines += [row(month, day, hour, dry=10.0 + month) for hour in range(1, 25)]
    return lines


def write(tmp_path, lines: list[str]):
    path = tmp_path / "year.epw"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_whole_year_is_read_in_kelvin_and_shares(tmp_path):
    weather = read_epw(write(tmp_path, HEADER + rows()))
    assert weather.name == "Testville"
    assert not weather.synthetic
    assert weather.elevation == 65.0
    assert weather.dry_bulb[0] == pytest.approx(284.15)
    assert weather.dry_bulb[-1] == pytest.approx(295.15)
    assert weather.relative_humidity == pytest.approx(0.6)
    assert weather.pressure == pytest.approx(101000.0)


def test_a_leap_day_is_left_out(tmp_path):
    weather = read_epw(write(tmp_path, HEADER + rows(leap=True)))
    assert weather.dry_bulb == pytest.approx(read_epw(write(tmp_path, HEADER + rows())).dry_bulb)


def test_the_data_dictionary_s_spelling_of_the_fifth_line_is_taken(tmp_path):
    lines = [line.replace("SAVINGS", "SAVING") for line in HEADER]
    assert read_epw(write(tmp_path, lines + rows())).name == read_epw(write(tmp_path, HEADER + rows())).name


def test_byte_order_mark_and_windows_line_ends_are_taken(tmp_path):
    path = tmp_path / "year.epw"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(HEADER + rows()).encode())
    assert read_epw(path).name == "Testville"


def change(number: int, text: str | None) -> list[str]:
    """Replace (or drop) one line of a good file, counted from 1."""
    lines = HEADER + rows()
    if text is None:
        del lines[number - 1]
    else:
        lines[number - 1] = text
    return lines


FAULTS = {
    "empty": ([], 1, "LOCATION"),
    "no_location": (change(1, "PLACE,x"), 1, "LOCATION"),
    "short_location": (change(1, "LOCATION,x,y"), 1, "10"),
    "bad_latitude": (change(1, HEADER[0].replace("22.3", "north")), 1, "latitude"),
    "latitude_out_of_range": (change(1, HEADER[0].replace("22.3", "122.3")), 1, "latitude"),
    "longitude_out_of_range": (change(1, HEADER[0].replace("114.2", "514.2")), 1, "longitude"),
    "time_zone_of_another_place": (change(1, HEADER[0].replace(",8.0,", ",-8.0,")), 1, "time zone"),
    "time_zone_impossible": (change(1, HEADER[0].replace(",8.0,", ",25,")), 1, "time zone"),
    "nan_elevation": (change(1, HEADER[0].replace("65.0", "nan")), 1, "elevation"),
    "header_line_missing": (change(5, None), 5, "HOLIDAYS"),
    "no_data_periods": (change(8, "COMMENTS 3,x"), 8, "DATA PERIODS"),
    "two_records_an_hour": (change(8, "DATA PERIODS,1,2,Data,Sunday,1/1,12/31"), 8, "one record an hour"),
    "two_periods": (change(8, "DATA PERIODS,2,1,Data,Sunday,1/1,12/31"), 8, "one data period"),
    "header_alone": (HEADER, 8, "ends before"),
    "hour_missing": (change(100, None), 100, "expected month, day, hour"),
    "hour_twice": (HEADER + rows()[:1] + rows(), 10, "expected month, day, hour"),
    "hour_0": (change(9, row(1, 1, 0)), 9, "expected month, day, hour"),
    "year_cut": (HEADER + rows()[:-1], 8767, "ends before"),
    "year_too_long": (HEADER + rows() + [row(1, 1, 1)], 8769, "more than 8760"),
    "months_swapped": (HEADER + rows()[744:] + rows()[:744], 9, "expected month, day, hour"),
    "half_leap_day": (
        [line for line in HEADER + rows(leap=True) if not line.startswith("1999,2,29,2")],
        None,
        "29 February",
    ),
    "fields_missing": (change(50, "1999,1,2,18,0,?9,20.0"), 50, "35"),
    "dry_bulb_missing": (change(9, row(1, 1, 1, dry=99.9)), 9, "missing"),
    "humidity_missing": (change(9, row(1, 1, 1, humidity=999)), 9, "missing"),
    "pressure_missing": (change(9, row(1, 1, 1, pressure=999999)), 9, "missing"),
    "dry_bulb_in_kelvin": (change(9, row(1, 1, 1, dry=293.15)), 9, "outside"),
    "humidity_negative": (change(9, row(1, 1, 1, humidity=-1)), 9, "outside"),
    "pressure_in_hectopascal": (change(9, row(1, 1, 1, pressure=1013.25)), 9, "outside"),
    "text_for_a_number": (change(9, row(1, 1, 1).replace("20.0", "warm")), 9, "no number"),
    "nan_for_a_number": (change(9, row(1, 1, 1).replace("20.0", "nan")), 9, "not finite"),
    "infinite": (change(9, row(1, 1, 1).replace("20.0", "inf")), 9, "not finite"),
    "hour_with_a_fraction": (change(9, row(1, 1, 1).replace("1,1,1,0", "1,1,1.5,0", 1)), 9, "whole number"),
    "month_in_words": (change(9, row(1, 1, 1).replace("1999,1", "1999,Jan", 1)), 9, "no number"),
    "semicolons": ([line.replace(",", ";") for line in HEADER + rows()], 1, "LOCATION"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_malformed_file_is_refused_with_its_line(tmp_path, fault):
    lines, number, words = FAULTS[fault]
    with pytest.raises(WeatherError) as error:
        read_epw(write(tmp_path, lines))
    assert words in str(error.value)
    assert "year.epw" in str(error.value)
    if number is not None:
        assert f"year.epw:{number}:" in str(error.value)


def test_files_that_are_no_text_or_not_there_are_refused(tmp_path):
    (tmp_path / "binary.epw").write_bytes(b"LOCATION\0\1\2")
    for name in ("binary.epw", "absent.epw", "."):
        with pytest.raises(WeatherError):
            read_epw(tmp_path / name)


@settings(max_examples=60, deadline=None)
@given(garbage=st.text(max_size=300), position=st.integers(0, 7))
def test_garbage_in_the_header_never_ends_in_another_error(tmp_path_factory, garbage, position):
    lines = HEADER.copy()
    lines[position] = garbage
    path = write(tmp_path_factory.mktemp("epw"), lines)
    with pytest.raises(WeatherError):
        read_epw(path)


@pytest.mark.parametrize("name", climate_names())
def test_a_synthetic_year_has_the_normals_it_was_made_from(name):
    entry = climate._climates()[name]
    weather = climate_year(name)
    month = month_of_hour()
    means = np.bincount(month, weather.dry_bulb - 273.15) / np.bincount(month)
    humidity = np.bincount(month, 100.0 * weather.relative_humidity) / np.bincount(month)
    days = weather.dry_bulb.reshape(365, 24)
    spread = np.bincount(month[::24], np.ptp(days, axis=1)) / np.bincount(month[::24])
    assert means == pytest.approx(entry["mean"], abs=1e-6)
    assert humidity == pytest.approx(entry["relative_humidity"], abs=1e-6)
    assert spread == pytest.approx(np.subtract(entry["maximum"], entry["minimum"]), abs=1e-6)
    assert weather.synthetic
    assert "Synthetic" in weather.note
    assert np.all(weather.relative_humidity <= 1.0)


def test_the_known_places_are_those_promised_and_their_normals_are_in_order():
    pearl_river = {"zhuhai", "hong-kong", "guangzhou", "macao"}
    elsewhere = {"shanghai", "beijing", "guiyang", "singapore", "phoenix", "frankfurt", "lulea"}
    assert set(climate_names()) == pearl_river | elsewhere
    for entry in climate._climates().values():
        assert np.all(np.less(entry["minimum"], entry["mean"]))
        assert np.all(np.less(entry["mean"], entry["maximum"]))
        assert "assumption" in entry["assumption"]
        assert entry["source"]


def test_a_synthetic_year_is_repeatable_and_its_seed_matters():
    assert np.array_equal(climate_year("zhuhai", 3).dry_bulb, climate_year("zhuhai", 3).dry_bulb)
    assert not np.array_equal(climate_year("zhuhai", 3).dry_bulb, climate_year("zhuhai", 4).dry_bulb)


def test_the_day_is_warmest_in_the_afternoon_and_driest_then():
    weather = climate_year("zhuhai")
    assert 13 <= weather.dry_bulb.reshape(365, 24).mean(axis=0).argmax() <= 16
    assert 13 <= weather.relative_humidity.reshape(365, 24).mean(axis=0).argmin() <= 16


def test_an_unknown_place_is_refused_with_the_known_ones():
    with pytest.raises(WeatherError, match="zhuhai"):
        climate_year("atlantis")


def test_a_heat_wave_lifts_the_hottest_days_and_keeps_their_water():
    weather = climate_year("zhuhai")
    wave = weather.with_heat_wave(5.0, 7)
    lifted = wave.dry_bulb - weather.dry_bulb
    assert np.sum(lifted > 0.0) == 7 * 24
    assert lifted.max() == pytest.approx(5.0)
    assert wave.dry_bulb.max() == pytest.approx(weather.dry_bulb.max() + 5.0)
    assert wave.air.humidity_ratio == pytest.approx(weather.air.humidity_ratio, rel=1e-9)
    assert "heat wave" in wave.note


def test_a_heat_wave_may_cross_new_year_but_not_be_longer_than_the_year():
    weather = climate_year("zhuhai")
    wave = weather.with_heat_wave(2.0, 4, first_day=363)
    assert np.sum(wave.dry_bulb != weather.dry_bulb) == 96
    with pytest.raises(WeatherError):
        weather.with_heat_wave(2.0, 400)


def test_weather_of_another_length_is_refused():
    with pytest.raises(WeatherError):
        Weather("x", np.full(8784, 300.0), np.full(8784, 0.5), np.full(8784, 1e5), True, "")


def test_the_facility_names_its_weather_by_file_or_place(tmp_path):
    write(tmp_path, HEADER + rows())
    assert FacilitySpec(weather="year.epw").outdoor(tmp_path).name == "Testville"
    wave = FacilitySpec(climate="zhuhai", heat_wave={"rise": 6, "days": 5}).outdoor(tmp_path, seed=2)
    assert np.sum(wave.dry_bulb - climate_year("zhuhai", 2).dry_bulb) == pytest.approx(6.0 * 5 * 24)
    for keys in ({}, {"weather": "a.epw", "climate": "zhuhai"}):
        with pytest.raises(ValidationError):
            FacilitySpec(**keys)


GOOD = HEADER + rows()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_line_is_refused_or_harmless(tmp_path_factory, data):
    lines = GOOD.copy()
    number = data.draw(st.integers(8, len(lines) - 1))
    fields = lines[number].split(",")
    fields[data.draw(st.integers(0, 34))] = data.draw(st.text(alphabet="0123456789.,-+eE naif", max_size=8))
    lines[number] = ",".join(fields)
    try:
        weather = read_epw(write(tmp_path_factory.mktemp("epw"), lines))
    except WeatherError as error:
        assert f":{number + 1}:" in str(error)
    else:
        assert np.all((weather.relative_humidity >= 0.0) & (weather.relative_humidity <= 1.0))
