//! A length of time, as people write it.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A length of time: `30s`, `5m`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

/// The longest [`Period`].
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Period {
    fn read(text: &str) -> Option<Duration> {
        let mut seconds = 0_u64;
        let mut rest = text;
        let mut smallest = u64::MAX;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, behind) = rest.split_at_checked(digits)?;
            let unit = match behind.chars().next()? {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return None,
            };
            if unit >= smallest {
                return None;
            }
            smallest = unit;
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
            rest = behind.get(1..)?;
        }
        let period = Duration::from_secs(seconds);
        (!period.is_zero() && period <= LONGEST).then_some(period)
    }
}

/// Writes a length of time as it is read.
pub(crate) fn show(period: Duration) -> String {
    let seconds = period.as_secs();
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect()
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).map(Self).ok_or_else(|| {
            D::Error::custom("no length of time: write it as `30s`, `5m` or `1h30m`, up to `24h`")
        })
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time, up to 24h: 30s, 5m, 1h30m.",
            "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            "minLength": 2
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u64>) {
        assert_eq!(Period::read(text).map(|period| period.as_secs()), expected, "{text}");
    }

    #[test]
    fn a_length_of_time_has_units_from_large_to_small() {
        check("30s", Some(30));
        check("5m", Some(300));
        check("1h30m", Some(5400));
        check("1h0m5s", Some(3605));
        check("24h", Some(86_400));
        assert_eq!(show(Duration::from_secs(5405)), "1h30m5s");
        for none in
            ["", "5", "m", "0s", "5m5m", "5s1m", "25h", "-5m", "5 m", "1.5h", "99999999999999999999s", "5µ"]
        {
            check(none, None);
        }
    }
}
