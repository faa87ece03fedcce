"""Numbers and dates as a spreadsheet shows them."""

from __future__ import annotations

import time

import pytest

from index.load.number_formats import built_in_format, shown_number


@pytest.mark.parametrize(
    ("value", "format", "shown"),
    [
        ("3.5", "General", "3.5"), ("1234567", "General", "1234567"), ("0.1", "General", "0.1"),
        ("0.30000000000000004", "General", "0.3"), ("1E-20", "General", "1E-20"),
        ("-2", "General", "-2"), ("1e3", "General", "1000"), ("100", "General", "100"),
        ("3.456", "0.00", "3.46"), ("2.5", "0", "3"), ("-0.001", "0.00", "0.00"),
        ("1234567.5", "#,##0.00", "1,234,567.50"), ("7", "000", "007"), ("7", "0.0#", "7.0"),
        ("0.256", "0%", "26%"), ("0.256", "0.0 %", "25.6 %"), ("12345", "0.00E+00", "1.23E+4"),
        ("-5", "0;(0)", "(5)"), ("0", '0;-0;"none"', "none"), ("5", ";;;", ""),
        ("12.5", '#,##0.00 "€"', "12.50 €"), ("12.5", "[$€-407] #,##0.0", "€ 12.5"),
        ("12500", '0.0,"k"', "12.5k"), ("5", "[Red]0.0", "5.0"), ("-5", "[Red]-0.0;x", "x"),
        ("5", '[>3]"many";"few"', "many"), ("2", '[>3]"many";"few"', "few"), ("3", "@", "3"),
        ("45992", "yyyy-mm-dd", "2025-12-01"), ("45992", "d. mmmm yyyy", "1. December 2025"),
        ("45992.75", "dd.mm.yy hh:mm", "01.12.25 18:00"), ("45992", "dddd", "Monday"),
        ("45992", "mmm-yy", "Dec-25"), ("0.5", "h:mm AM/PM", "12:00 PM"),
        ("0.25", "h AM/PM", "6 AM"), ("1.5", "[h]:mm", "36:00"), ("0.0007", "mm:ss", "01:00"),
        ("0.5", "mm/dd hh", "12/30 12"), ("1.00001157", "ss.00", "01.00"), ("-1", "yyyy", "-1"),
        ("9999999999", "yyyy", "9999999999"), ("1", "d.m.yyyy", "1.1.1900"), ("60", "m/d", "2/28"),
        ("61", "m/d", "3/1"), ("x", "0.0", "x"), ("1E999999", "0", "1E999999"),
        ("nan", "0", "nan"), ("5", '"' * 300, "5"), ("0.999999", "h:mm", "0:00"),
        ("12", "# ??/??", "12"),
    ],
)  # fmt: skip
def test_a_number_is_shown_by_its_format(value: str, format: str, shown: str) -> None:
    assert shown_number(value, format) == shown


def test_days_may_be_counted_from_1904() -> None:
    assert shown_number("0", "yyyy-mm-dd", since_1904=True) == "1904-01-01"


def test_short_dates_cannot_be_mistaken() -> None:
    assert shown_number("45992", built_in_format(14)) == "2025-12-01"
    assert built_in_format(163) == "General"


@pytest.mark.parametrize("piece", ["0", '"', "[", "[h", ";", "\\", "_", "#,", "0.", "E+", "yy"])
def test_hostile_formats_take_no_time(piece: str) -> None:
    began = time.process_time()
    shown_number("45992.5", piece * (250 // len(piece)))
    shown_number("45992.5", piece * 100_000)
    assert time.process_time() - began < 0.5
