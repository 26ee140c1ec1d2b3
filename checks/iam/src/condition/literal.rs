//! Numbers, dates and address ranges, as text that is compared by its meaning.

use std::cmp::Ordering;
use std::net::IpAddr;

/// A number. Whole numbers are compared exactly, others as floating point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        // `f64` also reads "inf" and "nan", which are no numbers here.
        if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')) {
            return None;
        }
        text.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float)
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "compared with a number that is a float already")]
    fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }
}

/// Numbers from here on are milliseconds: as seconds they would lie beyond the year 5100.
const FIRST_MILLISECONDS: i128 = 100_000_000_000;
const NANOS: i128 = 1_000_000_000;

/// Reads a date as nanoseconds since 1970: one of the W3C forms of ISO 8601
/// (<https://www.w3.org/TR/NOTE-datetime>) or epoch time, in seconds or milliseconds.
pub(crate) fn parse_date(text: &str) -> Option<i128> {
    let text = text.trim();
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year {
        return iso_date(text);
    }
    match Number::parse(text) {
        Some(Number::Whole(whole)) if whole.abs() < FIRST_MILLISECONDS => whole.checked_mul(NANOS),
        Some(Number::Whole(whole)) => whole.checked_mul(NANOS / 1000),
        #[expect(clippy::cast_possible_truncation, reason = "fractions of a nanosecond don't matter")]
        Some(Number::Float(float)) if float.abs() < 1e11 => Some((float * 1e9) as i128),
        Some(Number::Float(_)) => None,
        None => iso_date(text),
    }
}

fn iso_date(text: &str) -> Option<i128> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut fields = date.splitn(3, '-');
    let year = digits(fields.next()?, 4)?;
    let month = fields.next().map_or(Some(1), |field| digits(field, 2))?;
    let day = fields.next().map_or(Some(1), |field| digits(field, 2))?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400;
    let nanos = time.map_or(Some(0), time_nanos)?;
    Some(i128::from(seconds) * NANOS + nanos)
}

/// `hh:mm[:ss[.fraction]]` with `Z`, `+hh:mm`, `+hhmm`, or none, which means UTC.
fn time_nanos(text: &str) -> Option<i128> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = (text.get(..zone_at)?, text.get(zone_at..)?);
    let mut fields = clock.splitn(3, ':');
    let hour = digits(fields.next()?, 2)?;
    let minute = digits(fields.next()?, 2)?;
    let (second, fraction) = match fields.next() {
        None => (0, 0),
        Some(field) => {
            let (whole, fraction) = field.split_once(['.', ',']).unwrap_or((field, "0"));
            (digits(whole, 2)?, fraction_nanos(fraction)?)
        }
    };
    let whole_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if (hour > 23 && !whole_day) || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second - zone_seconds(zone)?;
    Some(i128::from(seconds) * NANOS + fraction)
}

fn fraction_nanos(text: &str) -> Option<i128> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nine: String = text.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().ok()
}

fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let body = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match (body.split_once(':'), body.len()) {
        (Some((hours, minutes)), _) => (digits(hours, 2)?, digits(minutes, 2)?),
        (None, 4) => (digits(body.get(..2)?, 2)?, digits(body.get(2..)?, 2)?),
        (None, _) => (digits(body, 2)?, 0),
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01, by counting in 400-year cycles that begin in March.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * 146_097 + day_of_cycle - 719_468
}

/// A range of addresses in CIDR notation (RFC 4632); a single address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
            Some(_) => return None,
        };
        (prefix <= longest).then_some(Self { address, prefix })
    }

    /// Bits of the address behind the prefix don't matter; v4 and v6 never contain one another.
    pub(crate) fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let differing = u128::from(u32::from(a) ^ u32::from(b));
                differing >> (32 - u32::from(self.prefix).min(32)) == 0
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - u32::from(self.prefix).min(128);
                (u128::from(a) ^ u128::from(b)).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_all_forms_are_the_same_instant() {
        let expected = Some(1_717_200_000 * NANOS);
        for text in [
            "2024-06-01",
            "2024-06",
            "2024-06-01T00:00Z",
            "2024-06-01T00:00:00Z",
            "2024-06-01T02:00:00+02:00",
            "2024-05-31T20:00:00.000-0400",
            "1717200000",
            "1717200000000",
            "2024-05-31T24:00:00Z",
            "2024-06-01T05:30:00+05:30",
            "2024-05-31T20:30:00-0330",
            "1717200000.0",
        ] {
            assert_eq!(parse_date(text), expected, "{text}");
        }
        assert_eq!(parse_date("1970"), Some(0));
        assert_eq!(parse_date("1969-12-31T23:59:59.5Z"), Some(-NANOS / 2));
        assert_eq!(parse_date("2000-02-29"), Some(951_782_400 * NANOS));
        assert_eq!(parse_date("2024-02-29"), parse_date("1709164800"));
        assert_eq!(parse_date("2016-12-31T23:59:60Z"), parse_date("2017-01-01"), "a leap second");
    }

    #[test]
    fn epoch_time_is_in_seconds_until_it_must_be_in_milliseconds() {
        assert_eq!(parse_date("99999999999"), Some(99_999_999_999 * NANOS));
        assert_eq!(parse_date("100000000000"), Some(100_000_000 * NANOS));
        assert_eq!(parse_date("1.5"), Some(NANOS + NANOS / 2));
        assert_eq!(parse_date("1e9"), Some(1_000_000_000 * NANOS));
        assert_eq!(parse_date("1e11"), None, "neither seconds nor whole milliseconds");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "now",
            "2024-13-01",
            "2023-02-29",
            "1900-02-29",
            "2024-04-31",
            "2024-06-01T00:60Z",
            "2024-06-01T00:00:61Z",
            "2024-06-01T00:00:00+24:00",
            "2024-06-01T00:00:00+00:60",
            "2024-06-01T25:00Z",
            "2024-6-1",
            "2024-06-01T00",
            "24:00",
            "2024-06-01T00:00:00+9",
            "2024-06-01T00:00:00.Z",
            "é",
            "2024-06-01T00:00:0é",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_compare_exactly() {
        let compare = |a, b| Number::parse(a).unwrap().compare(Number::parse(b).unwrap()).unwrap();
        assert_eq!(compare("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(compare("10", "10.0"), Ordering::Equal);
        assert_eq!(compare("1e3", "1000"), Ordering::Equal);
        assert_eq!(compare("-5", "3"), Ordering::Less);
        for text in ["", "inf", "NaN", "1_000", "0x10", "1e999", "e"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_contain_what_their_prefix_says() {
        let contains = |range: &str, address: &str| Cidr::parse(range).unwrap().contains(address.parse().unwrap());
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(contains("203.0.113.7/24", "203.0.113.255"));
        assert!(!contains("203.0.113.0/25", "203.0.113.255"));
        assert!(contains("203.0.113.9", "203.0.113.9"));
        assert!(contains("2001:db8:db8d:56e9::4/64", "2001:db8:db8d:56e9:ffff::1"));
        for text in ["", "203.0.113.0/33", "203.0.113/24", "::/129", "1.2.3.4/", "1.2.3.4/+8", "01.2.3.4"] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
