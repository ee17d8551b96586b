//! Settings that cannot be: the error names the setting and what it may be, and never shows a secret.

use super::{Desk, Ran};

/// Would end the program at once, too, were the setting taken.
const NO_SEED: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--seed", "none.json"];

#[test]
fn a_wrong_setting_is_named() {
    for (variable, text, reasons) in [
        (
            "HTTP_MAX_BODY",
            "lots",
            ["\"lots\", expected an integer", "`http.max_body` in TAILMARK_HTTP_MAX_BODY"],
        ),
        ("HTTP_MAX_BODY", "-1", ["\"-1\", expected an integer", "`http.max_body`"]),
        (
            "HTTP_MAX_CONNECTIONS",
            "99999999999",
            ["expected an unsigned 32 bit integer", "`http.max_connections`"],
        ),
        ("HTTP_ALLOW_PLAIN", "perhaps", ["expected a boolean", "`http.allow_plain`"]),
        ("HTTP_LISTEN", "here", ["invalid socket address", "`http.listen`"]),
        ("HTTP_TRUSTED_PROXIES", "10.0.0.1,there", ["invalid IP address", "`http.trusted_proxies[1]`"]),
        ("HTTP_PORT", "80", ["unknown field `port`, expected one of `listen`", "`http`"]),
        ("AUTH_TENANTS", "contoso", ["\"contoso\", expected a GUID", "`auth.tenants`"]),
        (
            "AUTH_DEVICE_CODE",
            "never",
            ["unknown variant `never`, expected `page` or `approve`", "`auth.device_code`"],
        ),
        (
            "LOG_FORMAT",
            "xml",
            ["unknown variant `xml`, expected one of `auto`, `text`, `json`", "`log.format`"],
        ),
        (
            "COMPAT_QUIRKS",
            "no-retry-after,y",
            ["unknown variant `y`, expected one of `paging-by-serial`", "`compat.quirks`"],
        ),
    ] {
        let desk = Desk::new();
        let mut command = desk.command(&NO_SEED);
        let ran = Ran::new(command.env(format!("TAILMARK_{variable}"), text).output().unwrap()).ends(1);
        for reason in reasons {
            assert!(ran.err.contains(reason), "{variable}={text}: {reason} is not in\n{}", ran.err);
        }
    }
}

#[test]
fn a_wrong_file_is_told_by_setting_or_line() {
    for (text, reason) in [
        ("[http]\nmax_body = \"lots\"", "\"lots\", expected an integer for key `http.max_body`"),
        ("[http]\nmax_bodies = 1", "unknown field `max_bodies`, expected one of `listen`"),
        ("[htp]\nmax_body = 1", "unknown field `htp`, expected one of `http`"),
        ("max_body = 1", "unknown field `max_body`"),
        ("[http\nmax_body = 1", "line 1, column 6"),
        ("[auth]\nclient_secret = [\"hush\"]", "expected a string for key `auth.client_secret`"),
    ] {
        let desk = Desk::new();
        let file = desk.file("tailmark.toml", text);
        let ran = desk.run(&[&NO_SEED[..], &["--config", file.to_str().unwrap()]].concat()).ends(1);
        assert!(ran.err.contains(reason), "{text}: {reason} is not in\n{}", ran.err);
        assert!(!ran.err.contains("hush"), "{}", ran.err);
    }
}
