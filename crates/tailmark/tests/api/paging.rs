//! Pages: their size, the way from one to the next, and what comes of tampering with it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Caller, FABRIKAM, TestApp, bare};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

async fn import(app: &TestApp, devices: &[Value]) {
    let body = json!({ "importedWindowsAutopilotDeviceIdentities": devices });
    app.post(&format!("{}/{IMPORTED}/import", ROOTS[0]), &body).await.expect(200);
}

fn next(page: &Answer) -> Option<String> {
    page.json().get("@odata.nextLink").map(|link| link.as_str().unwrap().to_owned())
}

/// Follows links to the end; the pages.
async fn walk(app: &TestApp, url: &str) -> Vec<Answer> {
    let mut pages = vec![app.get(url).await.expect(200)];
    while let Some(link) = next(pages.last().unwrap()) {
        assert!(pages.len() < 500, "the links of {url} go in a circle");
        pages.push(app.get(&link).await.expect(200));
    }
    pages
}

fn all(pages: &[Answer], member: &str) -> Vec<String> {
    pages.iter().flat_map(|page| page.each(member)).collect()
}

#[tokio::test]
async fn a_page_has_a_thousand() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..2001).map(|n| bare(&format!("{n:04}"), "")).collect();
    import(&app, &devices[..1000]).await;
    for root in ROOTS {
        let exactly = app.get(&format!("{root}/{IMPORTED}")).await.expect(200);
        assert_eq!((exactly.entities().len(), next(&exactly)), (1000, None), "no link to an empty page");
    }
    import(&app, &devices[1000..]).await;
    for root in ROOTS {
        for url in [format!("{root}/{IMPORTED}"), format!("{root}/{IMPORTED}?$top=5000")] {
            let pages = walk(&app, &url).await;
            let sizes: Vec<usize> = pages.iter().map(|page| page.entities().len()).collect();
            assert_eq!(sizes, [1000, 1000, 1], "{url}");
            let expected: Vec<String> = (0..2001).map(|n| format!("{n:04}")).collect();
            assert_eq!(all(&pages, "serialNumber"), expected);
        }
    }
}

/// `$top` is the size of a page, and the link is absolute, on the caller's origin, with every option.
#[tokio::test]
async fn links_keep_what_was_asked() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..5).map(|n| bare(&format!("{n}"), "")).collect();
    import(&app, &devices).await;
    for root in ROOTS {
        for query in [
            "$top=2&$filter=serialNumber%20ne%20'x'&$select=serialNumber&$orderby=serialNumber%20desc&$count=true",
            "%24top=2&%24select=serialNumber%2CgroupTag",
            "top=2&custom=a%26b&&empty=",
            "$top=2",
        ] {
            let page = app.get(&format!("{root}/{IMPORTED}/?{query}")).await.expect(200);
            let link = next(&page).unwrap();
            let expected = format!("{}{root}/{IMPORTED}/?", app.base);
            assert!(link.starts_with(&expected), "{link}");
            let (options, token) = link[expected.len()..].rsplit_once("&$skiptoken=").unwrap();
            // The client's library writes an apostrophe as %27.
            assert_eq!(options, query.replace('\'', "%27").replace("&&", "&"));
            assert!(
                token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
                "opaque: {token}"
            );
            let second = app.get(&link).await.expect(200);
            let link = next(&second).unwrap();
            assert_eq!(link.matches("skiptoken").count(), 1, "{link}");
            assert_eq!(second.entities().len(), 2);
            assert_eq!(page.json().get("@odata.count"), second.json().get("@odata.count"));
        }
    }
}

#[tokio::test]
async fn links_are_on_the_callers_origin() {
    let app = TestApp::start().await;
    app.hold_imports();
    import(&app, &[bare("1", ""), bare("2", "")]).await;
    let bearer = app.token(&Caller::reader());
    let path = format!("{}/{IMPORTED}?$top=1", ROOTS[1]);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: graph.example:444\r\nAuthorization: Bearer {bearer}\r\nConnection: close\r\n\r\n"
    );
    let link = next(&app.raw(request.as_bytes()).await.expect(200)).unwrap();
    assert!(link.starts_with("http://graph.example:444/beta/deviceManagement/"), "{link}");
}

/// Under every order and page size, each entity once and in the order of one big page.
#[tokio::test]
async fn a_walk_meets_each_once() {
    let app = TestApp::start().await;
    app.hold_imports();
    // Many equal values, and values that sort unlike they look.
    let tags = ["", "a", "B", "ä", "a", "", "Z", "_", "%", "'"];
    let devices: Vec<Value> = (0..23)
        .map(|n: usize| json!({ "serialNumber": format!("{}", n * 7 % 23), "groupTag": (tags[n % tags.len()]) }))
        .collect();
    import(&app, &devices).await;
    for root in ROOTS {
        for order in [
            "",
            "id",
            "id desc",
            "serialNumber",
            "serialNumber desc",
            "groupTag",
            "groupTag desc",
            "groupTag,serialNumber desc",
            "groupTag desc,id desc",
            "length(serialNumber),serialNumber",
            "state/deviceImportStatus desc,groupTag",
            "state/deviceErrorCode,state/deviceErrorName desc",
            "tolower(groupTag) desc",
            "importId",
            "assignedUserPrincipalName,productKey",
        ] {
            let order = if order.is_empty() { String::new() } else { format!("&$orderby={order}") };
            let whole = app.get(&format!("{root}/{IMPORTED}?$select=id{order}")).await.expect(200).each("id");
            assert_eq!(whole.len(), 23);
            for top in [1, 2, 7, 22, 23] {
                let pages = walk(&app, &format!("{root}/{IMPORTED}?$top={top}&$select=id{order}")).await;
                assert_eq!(all(&pages, "id"), whole, "$top={top}{order}");
                assert!(pages.iter().all(|page| page.entities().len() <= top));
            }
        }
    }
}

#[tokio::test]
async fn a_walk_over_times_and_states() {
    let app = TestApp::start().await;
    let statuses = ["noUpload", "pending", "complete", "error"];
    for n in 0..9 {
        // Equal instants in different offsets.
        let offset = ["Z", "+00:00", "-08:00"][n % 3];
        let hour = if offset == "-08:00" { "04" } else { "12" };
        let body = json!({
            "createdDateTimeUtc": format!("2024-01-0{}T{hour}:00:00.{n}{offset}", n % 4 + 1),
            "status": statuses[n % 4],
        });
        app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201);
    }
    for root in ROOTS {
        for order in
            ["createdDateTimeUtc", "createdDateTimeUtc desc", "status,createdDateTimeUtc desc", "status desc"]
        {
            let whole = app.get(&format!("{root}/{UPLOADS}?$orderby={order}")).await.expect(200).each("id");
            let pages = walk(&app, &format!("{root}/{UPLOADS}?$orderby={order}&$top=2")).await;
            assert_eq!(all(&pages, "id"), whole, "{order}");
        }
    }
}

/// What is inserted during a walk disturbs it in no order; what was there is met once.
#[tokio::test]
async fn a_walk_is_stable_while_others_insert() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..40).map(|n| bare(&format!("{:02}", n * 13 % 40), "")).collect();
    import(&app, &devices).await;
    let before: BTreeSet<String> =
        app.get(&format!("{}/{IMPORTED}", ROOTS[0])).await.expect(200).each("id").into_iter().collect();
    for order in ["id", "serialNumber", "serialNumber desc", "id desc"] {
        let mut page = app.get(&format!("{}/{IMPORTED}?$top=3&$orderby={order}", ROOTS[0])).await.expect(200);
        let mut met = page.each("id");
        let mut n = 0;
        while let Some(link) = next(&page) {
            // Before, amidst and behind the place of the walk.
            n += 1;
            if n < 12 {
                import(&app, &[bare("", ""), bare(&format!("{:02}x", n * 3), ""), bare("zz", "")]).await;
            }
            page = app.get(&link).await.expect(200);
            met.extend(page.each("id"));
            assert!(n < 200, "{order} never ends");
        }
        let unique: BTreeSet<String> = met.iter().cloned().collect();
        assert_eq!(unique.len(), met.len(), "{order}: something was met twice");
        assert!(before.is_subset(&unique), "{order}: something was missed");
    }
}

/// Deleting what was just read, as clients do, skips nothing.
#[tokio::test]
async fn a_walk_is_stable_while_others_delete() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..10).map(|n| bare(&n.to_string(), "")).collect();
    import(&app, &devices).await;
    let url = format!("{}/{IMPORTED}", ROOTS[1]);
    let mut page = app.get(&format!("{url}?$top=3")).await.expect(200);
    let mut met = Vec::new();
    loop {
        assert!(met.len() < 99, "the links go in a circle");
        met.extend(page.each("serialNumber"));
        for id in page.each("id") {
            app.delete(&format!("{url}/{id}")).await.expect(204);
        }
        match next(&page) {
            Some(link) => page = app.get(&link).await.expect(200),
            None => break,
        }
    }
    assert_eq!(met, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn skip_counts_once() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..10).map(|n| bare(&n.to_string(), "")).collect();
    import(&app, &devices).await;
    for root in ROOTS {
        let pages = walk(&app, &format!("{root}/{IMPORTED}?$skip=3&$top=2&$count=true")).await;
        assert_eq!(all(&pages, "serialNumber"), ["3", "4", "5", "6", "7", "8", "9"]);
        assert!(pages.iter().all(|page| page.json()["@odata.count"] == 10), "the count knows no pages");
        for (skip, left) in [(0, 10), (9, 1), (10, 0), (1_000_000, 0)] {
            let page = app.get(&format!("{root}/{IMPORTED}?$skip={skip}")).await.expect(200);
            assert_eq!(page.entities().len(), left);
        }
    }
}

#[tokio::test]
async fn no_page_at_all() {
    let app = TestApp::start().await;
    import(&app, &[bare("1", "")]).await;
    for root in ROOTS {
        let page = app.get(&format!("{root}/{IMPORTED}?$top=0&$count=true")).await.expect(200);
        assert_eq!((page.entities().len(), next(&page)), (0, None));
        assert_eq!(page.json()["@odata.count"], 1);
    }
}

/// A token that is not ours, not for this list, or not for this order: 400, wherever it was changed.
#[tokio::test]
async fn tampered_tokens_are_refused() {
    let app = TestApp::start().await;
    app.hold_imports();
    import(&app, &[bare("1", ""), bare("2", ""), bare("3", "")]).await;
    let body = json!({ "deviceIdentities": [bare("1", ""), bare("2", "")] });
    let upload = app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201).id();
    for root in ROOTS {
        let link = next(&app.get(&format!("{root}/{IMPORTED}?$top=1")).await.expect(200)).unwrap();
        let (url, token) = link.rsplit_once("$skiptoken=").unwrap();
        let mut tokens: Vec<String> =
            ["x", "AAAA", "%00", "1", "'1'", "null", "../..", "%F0%9F%98%80"].map(str::to_owned).to_vec();
        tokens.extend([
            token[1..].to_owned(),
            token[..token.len() - 1].to_owned(),
            format!("{token}A"),
            format!("{token}{token}"),
        ]);
        for at in 0..token.len() {
            let mut changed = token.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'E' } else { b'A' };
            tokens.push(String::from_utf8(changed).unwrap());
        }
        for tampered in tokens {
            let answer = app.get(&format!("{url}$skiptoken={tampered}")).await;
            assert_eq!(answer.status, 400, "{tampered}: {}", answer.text);
            answer.assert_is_error();
            assert_eq!(answer.target(), "$skiptoken");
        }
        let empty = app.get(&format!("{url}$skiptoken=")).await.expect(400);
        assert_eq!(empty.target(), "$skiptoken");
        for elsewhere in [
            format!("{root}/{UPLOADS}?"),
            format!("{root}/{DEVICES}?"),
            format!("{root}/{UPLOADS}/{upload}/deviceIdentities?"),
            format!("{root}/{IMPORTED}?$orderby=serialNumber&"),
            format!("{root}/{IMPORTED}?$orderby=id desc&"),
        ] {
            let answer = app.get(&format!("{elsewhere}$skiptoken={token}")).await.expect(400);
            assert_eq!(answer.target(), "$skiptoken", "{elsewhere}");
        }
        for one in [format!("{root}/{UPLOADS}/{upload}"), format!("{root}/{IMPORTED}/import")] {
            let answer = app.get(&format!("{one}?$skiptoken={token}")).await.expect(400);
            answer.assert_is_error();
        }
    }
}

/// A token opens nothing: another tenant goes on in its own list.
#[tokio::test]
async fn a_token_is_no_key() {
    let app = TestApp::start().await;
    app.hold_imports();
    import(&app, &[bare("1", ""), bare("2", "")]).await;
    let link = next(&app.get(&format!("{}/{IMPORTED}?$top=1", ROOTS[0])).await.expect(200)).unwrap();
    let theirs = app.get(&link).by(&Caller::reader().of(FABRIKAM)).await.expect(200);
    assert!(theirs.entities().is_empty());
    app.get(&link).by_nobody().await.expect(401);
}
