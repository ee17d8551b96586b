//! JSON for programs, and an answer of the service re-indented for people.

use serde_json::Value;

use super::cell;

/// One indented value.
pub fn pretty(value: &Value) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string_pretty(value)?) + "\n")
}

/// One row a line; a single value is one line.
pub fn lines(value: &Value) -> Result<String, serde_json::Error> {
    let rows = match value {
        Value::Array(rows) => rows.as_slice(),
        _ => std::slice::from_ref(value),
    };
    let mut out = String::new();
    for row in rows {
        out.push_str(&escaped(&serde_json::to_string(row)?));
        out.push('\n');
    }
    Ok(out)
}

/// The same text, indented: members keep their order and numbers their digits, as the service wrote them.
pub fn indented(text: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut inside, mut after_backslash) = (0_usize, false, false);
    let mut characters = text.chars().filter(|character| *character != '\r').peekable();
    while let Some(character) = characters.next() {
        if inside {
            out.push(character);
            inside = after_backslash || character != '"';
            after_backslash = character == '\\' && !after_backslash;
            continue;
        }
        match character {
            ' ' | '\n' | '\t' => {}
            '{' | '[' => {
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                out.push(character);
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line_break(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line_break(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line_break(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                inside = character == '"';
                out.push(character);
            }
        }
    }
    escaped(&out)
}

fn line_break(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

/// JSON escapes C0 itself; the other characters that steer a terminal can only stand inside strings here,
/// where an escape means the same.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && cell::steers(character) {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_order_and_digits() {
        let text = r#"{"@odata.context":"x","value":{"id":"a\"{b","n":1.50,"none":[ ],"l":[1,{"c":"\\"}]}}"#;
        insta::assert_snapshot!(indented(text), @r#"
        {
          "@odata.context": "x",
          "value": {
            "id": "a\"{b",
            "n": 1.50,
            "none": [],
            "l": [
              1,
              {
                "c": "\\"
              }
            ]
          }
        }
        "#);
    }

    #[test]
    fn rows_are_lines_and_steering_marks_are_escaped() {
        let rows = serde_json::json!(["a\u{9b}b", "c\nd\u{202e}"]);
        assert_eq!(lines(&rows).unwrap(), "\"a\\u009bb\"\n\"c\\nd\\u202e\"\n");
    }
}
