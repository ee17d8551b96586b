//! Decimal numbers as people learn to calculate with them: a digit at a time, on paper.

use std::cmp::Ordering;

/// Digits, the most significant first, the last `scale` of them behind the point.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    scale: usize,
}

/// Digits that a quotient is rounded to.
const QUOTIENT: usize = 34;

impl Decimal {
    fn new(negative: bool, digits: Vec<u8>, scale: usize) -> Self {
        let mut number = Self { negative, digits, scale };
        while number.scale > 0 && number.digits.last() == Some(&0) {
            number.digits.pop();
            number.scale -= 1;
        }
        number.digits = stripped(&number.digits);
        if number.digits.is_empty() {
            number.scale = 0;
        }
        number.negative &= !number.is_zero();
        number
    }

    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let all: String = format!("{whole}{fraction}");
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let digits = all.bytes().map(|byte| byte - b'0').collect();
        Some(Self::new(text.starts_with('-'), digits, fraction.len()))
    }

    pub fn of(number: i64) -> Self {
        Self::parse(&number.to_string()).unwrap()
    }

    pub fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    pub fn text(&self) -> String {
        let mut digits = self.digits.clone();
        while digits.len() <= self.scale {
            digits.insert(0, 0);
        }
        let mut text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        if self.scale > 0 {
            text.insert(digits.len() - self.scale, '.');
        }
        format!("{}{text}", if self.negative { "-" } else { "" })
    }

    /// As many digits behind the point.
    fn digits_at(&self, scale: usize) -> Vec<u8> {
        let mut digits = self.digits.clone();
        digits.extend(vec![0; scale - self.scale]);
        digits
    }

    fn pair(&self, other: &Self) -> (Vec<u8>, Vec<u8>, usize) {
        let scale = self.scale.max(other.scale);
        (self.digits_at(scale), other.digits_at(scale), scale)
    }

    pub fn negated(&self) -> Self {
        Self::new(!self.negative, self.digits.clone(), self.scale)
    }

    pub fn plus(&self, other: &Self) -> Self {
        let (left, right, scale) = self.pair(other);
        if self.negative == other.negative {
            return Self::new(self.negative, sum(&left, &right), scale);
        }
        match magnitude(&left, &right) {
            Ordering::Less => Self::new(other.negative, difference(&right, &left), scale),
            _ => Self::new(self.negative, difference(&left, &right), scale),
        }
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut product = vec![0];
        for digit in &self.digits {
            product.push(0);
            for _ in 0..*digit {
                product = sum(&product, &other.digits);
            }
        }
        Self::new(self.negative != other.negative, product, self.scale + other.scale)
    }

    /// The quotient, cut to digits enough to round it well; the divisor is not zero.
    pub fn over(&self, other: &Self) -> Self {
        let (left, right, _) = self.pair(other);
        let more = QUOTIENT + right.len() + 2;
        let dividend: Vec<u8> = left.iter().copied().chain(std::iter::repeat_n(0, more)).collect();
        let (quotient, _) = divided(&dividend, &right);
        let quotient = stripped(&quotient);
        let surplus = quotient.len().saturating_sub(QUOTIENT);
        let (kept, cut) = quotient.split_at(quotient.len() - surplus);
        let up = cut.first().is_some_and(|digit| *digit >= 5);
        let mut rounded = if up { sum(kept, &[1]) } else { kept.to_vec() };
        rounded.extend(vec![0; surplus]);
        Self::new(self.negative != other.negative, rounded, more)
    }

    /// What is left of a division to a whole number; the divisor is not zero.
    pub fn rest(&self, other: &Self) -> Self {
        let (left, right, scale) = self.pair(other);
        Self::new(self.negative, divided(&left, &right).1, scale)
    }

    /// The whole part, and whether there is a fraction, and whether that is a half or more.
    fn parts(&self) -> (Self, bool, bool) {
        let digits = self.digits_at(self.scale);
        let padded: Vec<u8> = std::iter::repeat_n(0, self.scale).chain(digits).collect();
        let (whole, fraction) = padded.split_at(padded.len() - self.scale);
        let half = fraction.first().is_some_and(|digit| *digit >= 5);
        (Self::new(self.negative, whole.to_vec(), 0), fraction.iter().any(|digit| *digit > 0), half)
    }

    pub fn truncated(&self) -> Self {
        self.parts().0
    }

    pub fn floor(&self) -> Self {
        let (whole, has_fraction, _) = self.parts();
        if has_fraction && self.negative { whole.plus(&Self::of(-1)) } else { whole }
    }

    pub fn ceiling(&self) -> Self {
        self.negated().floor().negated()
    }

    /// Half away from zero.
    pub fn rounded(&self) -> Self {
        let (whole, _, half) = self.parts();
        let away = Self::of(if self.negative { -1 } else { 1 });
        if half { whole.plus(&away) } else { whole }
    }

    pub fn order(&self, other: &Self) -> Ordering {
        let difference = self.plus(&other.negated());
        if difference.is_zero() {
            Ordering::Equal
        } else if difference.negative {
            Ordering::Less
        } else {
            Ordering::Greater
        }
    }
}

fn stripped(digits: &[u8]) -> Vec<u8> {
    digits.iter().copied().skip_while(|digit| *digit == 0).collect()
}

fn magnitude(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (stripped(left), stripped(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
}

fn sum(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let (mut left, mut right, mut carry) = (left.iter().rev(), right.iter().rev(), 0);
    loop {
        match (left.next(), right.next()) {
            (None, None) => break,
            (one, other) => {
                let digit = one.unwrap_or(&0) + other.unwrap_or(&0) + carry;
                result.push(digit % 10);
                carry = digit / 10;
            }
        }
    }
    result.push(carry);
    result.reverse();
    result
}

/// The left is not less than the right.
fn difference(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let (mut right, mut borrowed) = (right.iter().rev(), 0);
    for digit in left.iter().rev() {
        let taken = right.next().unwrap_or(&0) + borrowed;
        borrowed = u8::from(*digit < taken);
        result.push(digit + 10 * borrowed - taken);
    }
    result.reverse();
    result
}

/// Quotient and rest.
fn divided(dividend: &[u8], divisor: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut quotient, mut rest) = (Vec::new(), Vec::new());
    for digit in dividend {
        rest.push(*digit);
        let mut times = 0;
        while magnitude(&rest, divisor) != Ordering::Less {
            // As long as each other, once zeros are put before.
            while rest.len() < divisor.len() {
                rest.insert(0, 0);
            }
            rest = difference(&rest, &stripped(divisor));
            times += 1;
        }
        rest = stripped(&rest);
        quotient.push(times);
    }
    (quotient, rest)
}
