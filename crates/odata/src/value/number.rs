//! The numeric types: integers, `Edm.Decimal` and `Edm.Double`.
//!
//! A URL does not say which numeric type is meant, so the form decides: digits alone are an integer, a point
//! makes a decimal, an exponent or `INF`/`NaN` a double. The binder converts to the type of the property.
//! Specification: OData 4.01 ABNF `int64Value`, `decimalValue`, `doubleValue`.

use super::Value;

/// Reads any number and picks its kind by its form.
pub fn parse(text: &str) -> Option<Value> {
    if let Some(integer) = integer(text) {
        return Some(Value::Integer(integer));
    }
    if text.contains(['e', 'E']) || matches!(text, "NaN" | "INF" | "-INF") {
        return double(text).map(Value::Double);
    }
    decimal(text).map(Value::Decimal)
}

/// Reads `[±]digits` that fit 64 bits.
pub fn integer(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    is_digits(unsigned).then(|| text.parse().ok()).flatten()
}

/// Reads `[±]digits[.digits]` into canonical form: no plus, no needless zeros, but always one digit on each
/// side of the point (`+05.50` is `5.5`, `7.0` stays), and no point at all if there was none.
pub fn decimal(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let mut canonical = whole.to_owned();
    if let Some(fraction) = fraction {
        canonical.push('.');
        canonical.push_str(match fraction.trim_end_matches('0') {
            "" => "0",
            fraction => fraction,
        });
    }
    let is_zero = canonical.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if text.starts_with('-') && !is_zero {
        canonical.insert(0, '-');
    }
    Some(canonical)
}

/// Reads `[±]digits[.digits][e[±]digits]`, `NaN`, `INF` or `-INF`. What is too large becomes an infinity.
pub fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "INF" => return Some(f64::INFINITY),
        "-INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    decimal(mantissa)?;
    if let Some(exponent) = exponent
        && !is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    {
        return None;
    }
    text.parse().ok()
}

/// The shortest text that reads back as the same double, always with an exponent: `3.14e0`, `INF`.
pub fn print_double(double: f64) -> String {
    if double.is_nan() {
        "NaN".to_owned()
    } else if double.is_infinite() {
        if double > 0.0 { "INF" } else { "-INF" }.to_owned()
    } else {
        format!("{double:e}")
    }
}

/// The same as JSON has it, without an exponent where it is short without one: `0.5`, `1.5e300`. It must be finite.
pub fn short_double(double: f64) -> String {
    match double.abs() {
        0.0 | 1e-9..1e17 => double.to_string(),
        _ => print_double(double),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
