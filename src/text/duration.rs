//! Durations as people write them.

use std::time::Duration;

/// Reads `150ms`, `2s`, `5m`, `1h`, or a number of seconds.
///
/// # Errors
/// With what is wrong with the text.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 =
        text[..digits].parse().map_err(|_| format!("`{text}` is not a duration like `2s`"))?;
    let factor = match text[digits..].trim() {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        unit => return Err(format!("unknown unit `{unit}`, expected `ms`, `s`, `m` or `h`")),
    };
    let milliseconds = number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too long"))?;
    Ok(Duration::from_millis(milliseconds))
}
