//! Lists page by page: under every order the pages together are the whole list.

use super::{BARE, Wanted, body};

/// The members of all pages, each page found by the link in the one before.
fn pages(url: &str, page: u64) -> Vec<serde_json::Value> {
    let (mut url, mut all) = (url.to_owned(), Vec::new());
    for _ in 0..20 {
        let body = body(&url, Wanted { page, ..BARE });
        let body: serde_json::Value =
            serde_json::from_str(&body).unwrap_or_else(|_| panic!("{url} by {page}: {body}"));
        all.extend(body["value"].as_array().unwrap().clone());
        match body["@nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => return all,
        }
    }
    panic!("pages without end: {url}")
}

#[test]
fn pages_are_the_list() {
    for url in [
        "/items?$select=id",
        "/items?$select=id&$orderby=count desc,name",
        "/items?$select=id&$orderby=price desc",
        "/items?$select=id&$orderby=ratio,spot/zip desc",
        "/items?$select=id&$orderby=seen desc,open",
        "/items?$select=id&$orderby=maker/name desc,parts/$count",
        "/items?$select=id,x&$compute=price div 3 as x&$orderby=x desc",
        "/items?$select=id&$orderby=case(count gt 3:'b',true:null) desc",
        "/items?$select=id&$orderby=born,opens,code,span,rights desc",
        "/items?$select=id&$orderby=name&$skip=1&$top=2",
        "/items('a')/parts?$select=id&$orderby=weight desc",
        "/items('a')/tags",
        "/items('a')/tags?$orderby=$this desc",
        "/items('a')/nums?$orderby=$this desc",
        "/items('a')/places?$select=city&$orderby=zip desc",
        "/items/$ref?$orderby=total desc",
        "/items/stock.gadget?$select=id",
        "/items?$apply=groupby((total),aggregate($count as n))",
        "/items?$apply=groupby((maker/name,total),aggregate(price with sum as s))&$orderby=s desc",
        "/items?$apply=groupby((price))&$orderby=price desc",
        "/items?$apply=groupby((made,live,color,ratio))",
        "/items?$apply=concat(aggregate($count as n),groupby((total),aggregate(price with max as n)))",
        "/items?$apply=concat(topcount(2,count),bottomcount(2,count))&$select=id",
        "/items?$apply=topcount(2,price)&$select=id",
        "/items?$apply=orderby(price desc)&$select=id",
        "/items?$apply=compute(count mul 2 as x)/filter(x gt 1)&$orderby=x desc&$select=x",
    ] {
        let whole = pages(url, 100);
        assert!(!whole.is_empty(), "{url}");
        for size in 1..4 {
            assert_eq!(pages(url, size), whole, "{url} by {size}");
        }
    }
}
