//! Binding, row by row: a URL, and what it means or the error it gets. Paths and expressions are next door.

use odata::query::{Ending, Listing, Order, Query, Selected, Stage};

use odata::model::Type;
use odata::syntax::ast::ExpandForm;

use crate::demo::{self, MODEL, told};
use crate::expressions::{printed, step};

/// Binds the URL and compares what it means, where that is not the default.
#[track_caller]
pub fn check(rows: &[(&str, &str)]) {
    demo::compare(rows, |input| match demo::query(input) {
        Ok(query) => meaning(&query),
        Err(error) => told(&error),
    });
}

fn meaning(query: &Query<'_>) -> String {
    let steps: Vec<String> = query.resource.steps.iter().map(step).collect();
    let mut text = steps.join("/");
    match &query.resource.ending {
        Ending::Plain => {}
        Ending::Count => text.push_str(" number"),
        Ending::References => text.push_str(" references"),
        Ending::Property { path, raw } => {
            path.iter().for_each(|property| text.push_str(&format!("/{}", property.name)));
            text.push_str(if *raw { " raw" } else { "" });
        }
        Ending::Operation(operation) => text.push_str(&format!(" {:?} {}", operation.kind, operation.name)),
    }
    text.push_str(if query.resource.is_collection() { " many" } else { " one" });
    text.push_str(&listing(&query.listing));
    if let Some(after) = &query.after {
        let values: Vec<String> = after.values.iter().map(ToString::to_string).collect();
        text.push_str(&format!("; after {} behind {}", values.join(","), after.seen));
    }
    text
}

fn listing(listing: &Listing<'_>) -> String {
    let mut text = String::new();
    if !listing.apply.is_empty() {
        let stages: Vec<String> = listing.apply.iter().map(stage).collect();
        text.push_str(&format!("; apply {}", stages.join("; ")));
    }
    if let Some(search) = &listing.search {
        text.push_str(&format!("; search {}", search.terms));
    }
    if let Some(filter) = &listing.filter {
        text.push_str(&format!("; if {}", printed(filter)));
    }
    let order: Vec<String> = listing.order.iter().map(order).collect();
    if !matches!(order.join(",").as_str(), "" | "id") {
        text.push_str(&format!("; by {}", order.join(",")));
    }
    if let Some(limit) = listing.limit {
        text.push_str(&format!("; limit {limit}"));
    }
    if listing.skip != 0 {
        text.push_str(&format!("; skip {}", listing.skip));
    }
    if !matches!(listing.page_size, 0 | 1 | 100) || (listing.page_size == 0 && !listing.order.is_empty()) {
        text.push_str(&format!("; page {}", listing.page_size));
    }
    if listing.count {
        text.push_str("; count");
    }
    let shape = &listing.shape;
    if let Some(selected) = &shape.selected {
        text.push_str(&format!("; {} as {}", properties(&shape.properties), selected.join(",")));
    }
    for computed in &shape.computed {
        text.push_str(&format!("; {} is {}", computed.path.join("/"), printed(&computed.expr)));
    }
    for expansion in &shape.expand {
        let inner = self::listing(&expansion.listing);
        let link = &expansion.options;
        let of = expansion.of.map_or(String::new(), |of| format!("{}/", MODEL.entity_name(of)));
        let narrower = match &expansion.listing.shape.ty {
            Type::Entity(id) if *id != expansion.navigation.target => format!("/{}", MODEL.entity_name(*id)),
            _ => String::new(),
        };
        let form = match expansion.form {
            ExpandForm::Entities => "",
            ExpandForm::References => "/$ref",
            ExpandForm::Count => "/$count",
        };
        let name = &expansion.navigation.name;
        text.push_str(&format!("; with {of}{name}{narrower}{form}({}) linked {link:?}", inner.trim()));
    }
    text
}

/// One stage of `$apply`.
fn stage(stage: &Stage<'_>) -> String {
    let numbers = |all: &[usize]| all.iter().map(|one| format!("#{one}")).collect::<Vec<_>>().join(",");
    let orders = |all: &[Order<'_>]| all.iter().map(order).collect::<Vec<_>>().join(",");
    match stage {
        Stage::Filter(condition) => format!("if {}", printed(condition)),
        Stage::Search(search) => format!("search {}", search.terms),
        Stage::Compute(columns) => {
            let columns = columns.iter().map(|one| format!("#{} is {}", one.number, printed(&one.expr)));
            columns.collect::<Vec<_>>().join(", ")
        }
        Stage::Group { by, aggregates } => {
            let aggregates = aggregates.iter().map(|one| {
                let expr = one.expr.as_ref().map_or(String::new(), printed);
                format!(", #{} is {:?} {expr}", one.number, one.method).trim_end().to_owned()
            });
            format!("by [{}]{}", numbers(by), aggregates.collect::<String>())
        }
        Stage::Part { within, order, skip, top } => {
            format!("within [{}] by {} from {skip} to {top:?}", numbers(within), orders(order))
        }
        Stage::Extreme { within, method, limit, order } => {
            let limit = printed(limit);
            format!("within [{}] {} {limit} by {}", numbers(within), method.name(), orders(order))
        }
        Stage::Concat { branches, columns, branch } => {
            let branches = branches.iter().map(|(stages, own)| {
                let stages: Vec<String> = stages.iter().map(self::stage).collect();
                format!("({} gives {})", stages.join("; "), numbers(own))
            });
            format!("{} as {} from #{branch}", branches.collect::<Vec<_>>().join(" and "), numbers(columns))
        }
    }
}

fn order(order: &Order<'_>) -> String {
    format!("{}{}", printed(&order.expr), if order.descending { " desc" } else { "" })
}

/// The properties that are written; in brackets those whose value is not read.
fn properties(all: &[Selected<'_>]) -> String {
    let all = all.iter().map(|selected| {
        let name = &selected.property.name;
        match (selected.fetched, selected.members.is_empty()) {
            (false, _) => format!("[{name}]"),
            (true, true) => name.clone(),
            (true, false) => format!("{name}{{{}}}", properties(&selected.members)),
        }
    });
    all.collect::<Vec<_>>().join(" ")
}

#[test]
fn selection() {
    check(&[
        ("/registry/people?$select=id,name", "registry/people many; id name as id,name"),
        ("/registry/people?$select=NAME,Id", "registry/people many; id name as name,id"),
        ("/registry/people?$select=id,ID,id", "registry/people many; id as id"),
        (
            "/registry/people?$select=*",
            "registry/people many; id name nick age size score active vip favourite mood born wakes \
             seen joined code shift price [photo] home{city street paint} as *",
        ),
        (
            "/registry/people?$select=*,photo",
            "registry/people many; id name nick age size score active vip favourite mood born wakes \
             seen joined code shift price photo home{city street paint} as *,photo",
        ),
        ("/registry/people?$select=photo", "registry/people many; photo as photo"),
        (
            "/registry/people('a')?$select=*",
            "registry/people('a') one; id name nick age size score active vip favourite mood born \
             wakes seen joined code shift price photo home{city street paint} as *",
        ),
        ("/registry/people?$select=home", "registry/people many; home{city street paint} as home"),
        ("/registry/people?$select=home/city", "registry/people many; home{city} as home/city"),
        (
            "/registry/people?$select=Home/CITY,home/paint,home/city",
            "registry/people many; home{city paint} as home/city,home/paint",
        ),
        (
            "/registry/people?$select=home/city,home",
            "registry/people many; home{city street paint} as home/city,home",
        ),
        ("/registry/people?$select=pets", "registry/people many;  as pets"),
        ("/registry/people?$select=id,pets,Pets", "registry/people many; id as id,pets"),
        (
            "/registry/people?$select=nothing",
            "Invalid nothing 0..7: Could not find a property named 'nothing' on type 'demo.registry.person'.",
        ),
        (
            "/registry/people?$select=id,nothing",
            "Invalid nothing 3..10: Could not find a property named 'nothing' on type \
             'demo.registry.person'.",
        ),
        (
            "/registry/people?$select=home/nothing",
            "Invalid nothing 5..12: Could not find a property named 'nothing' on type \
             'demo.registry.address'.",
        ),
        (
            "/registry/people?$select=name/city",
            "Invalid city 5..9: Could not find a property named 'city' on type 'Edm.String'.",
        ),
        (
            "/registry/people?$select=pets/name",
            "Unsupported $select 0..9: A path through a navigation property in $select is not \
             supported by the service.",
        ),
        (
            "/registry/people?$select=home/city/more",
            "Invalid more 10..14: Could not find a property named 'more' on type 'Edm.String'.",
        ),
        ("/registry/people?$select=demo.registry.*", "registry/people many;  as "),
        ("/registry/people?$select=demo.registry.merge(people)", "registry/people many;  as "),
        (
            "/registry/people?$select=name($top=1)",
            "Invalid $select: The query option '$top' can be applied to collections only.",
        ),
        ("/registry/people?$select=demo.registry.person/name", "registry/people many; name as name"),
    ]);
    let all = demo::query("/registry/people").unwrap();
    assert_eq!(
        properties(&all.listing.shape.properties),
        "id name nick age size score active vip favourite mood born wakes seen joined code shift price \
         [photo] home{city street paint}"
    );
    let one = demo::query("/registry/people('a')").unwrap();
    assert!(one.listing.shape.properties.iter().all(|selected| selected.fetched));
}

#[test]
fn expansion() {
    check(&[
        ("/registry/people?$expand=pets", "registry/people many; with pets() linked \"\""),
        ("/registry/people('a')?$expand=PETS", "registry/people('a') one; with pets() linked \"\""),
        (
            "/registry/people?$expand=pets($select=name;$top=2;$skip=1;$count=true)",
            "registry/people many; with pets(; skip 1; page 2; count; name as name) linked \
             \"$count=true&$skip=1&$top=2&$select=name\"",
        ),
        (
            "/registry/people?$expand=pets($expand=toys($orderby=name desc))",
            "registry/people many; with pets(; with toys(; by name desc,id) linked \
             \"$orderby=name%20desc\") linked \"$expand=toys($orderby%3Dname%20desc)\"",
        ),
        (
            "/registry/people?$expand=pets($filter=name eq @n)&@n='a%26b'",
            "registry/people many; with pets(; if (name? = 'a&b')) linked \
             \"$filter=name%20eq%20@n&@n='a%26b'\"",
        ),
        (
            "/registry/people?$expand=pets($filter=name eq @n;@n='inner')&@n='outer'&$filter=name eq @n",
            "registry/people many; if (name? = 'outer'); with pets(; if (name? = 'inner')) linked \
             \"$filter=name%20eq%20@n&@n='inner'\"",
        ),
        (
            "/registry/people?$expand=pets($expand=toys($filter=name eq @n);@n='x')",
            "registry/people many; with pets(; with toys(; if (name = 'x')) linked \
             \"$filter=name%20eq%20@n&@n='x'\") linked \
             \"$expand=toys($filter%3Dname%20eq%20@n)&@n='x'\"",
        ),
        (
            "/registry/people?$expand=*",
            "registry/people many; with pets() linked \"\"; with reports() linked \"\"",
        ),
        (
            "/registry/people?$expand=*,pets($top=1)",
            "registry/people many; with pets() linked \"$top=1\"; with reports() linked \"\"",
        ),
        (
            "/registry/people?$expand=pets($top=1),*",
            "registry/people many; with pets() linked \"$top=1\"; with reports() linked \"\"",
        ),
        (
            "/registry/people?$expand=*,*",
            "registry/people many; with pets() linked \"\"; with reports() linked \"\"",
        ),
        (
            "/registry/people?$select=id,pets&$expand=pets",
            "registry/people many; id as id; with pets() linked \"\"",
        ),
        ("/registry/people?$expand=pets,pets", "Invalid $expand 5..9: 'pets' is expanded more than once."),
        (
            "/registry/people?$expand=pets,Pets($top=1)",
            "Invalid $expand 5..17: 'pets' is expanded more than once.",
        ),
        (
            "/registry/people?$expand=nothing",
            "Invalid nothing 0..7: Could not find a property named 'nothing' on type 'demo.registry.person'.",
        ),
        (
            "/registry/people?$expand=name",
            "Invalid name 0..4: Could not find a property named 'name' on type 'demo.registry.person'.",
        ),
        (
            "/registry/people?$expand=pets/toys",
            "Unsupported $expand 0..9: A path of several segments inside $expand is not supported \
             by the service.",
        ),
        ("/registry/people?$expand=d.person/pets", "registry/people many; with pets() linked \"\""),
        ("/registry/people?$expand=d.person", "Invalid $expand 0..8: A type alone cannot be expanded."),
        ("/registry/people?$select=d.merge", "registry/people many;  as "),
        ("/registry/people?$expand=pets/$ref", "registry/people many; with pets/$ref() linked \"\""),
        ("/registry/people?$expand=pets/$count", "registry/people many; with pets/$count() linked \"\""),
        (
            "/registry/people?$expand=*/$ref",
            "registry/people many; with pets/$ref() linked \"\"; with reports/$ref() linked \"\"",
        ),
        (
            "/registry/people?$expand=*($levels=2)",
            "registry/people many; with pets() linked \"\"; with reports() linked \"\"",
        ),
        ("/registry/people?$expand=pets($levels=max)", "registry/people many; with pets() linked \"\""),
        (
            "/registry/people?$expand=pets($search=x)",
            "Unsupported $search: '$search' in 'demo.registry.pet' is not supported by the service.",
        ),
        (
            "/registry/people?$expand=pets($filter=nothing eq 1)",
            "Invalid nothing 13..20: Could not find a property named 'nothing' on type 'demo.registry.pet'.",
        ),
        (
            "/registry/people?$expand=pets($select=nothing)",
            "Invalid nothing 13..20: Could not find a property named 'nothing' on type 'demo.registry.pet'.",
        ),
        (
            "/registry/people('a')/pets('b')/toys?$expand=maker",
            "registry/people('a')/pets('b')/toys many; with maker() linked \"\"",
        ),
        (
            "/registry/people('a')/pets('b')/toys?$expand=*",
            "registry/people('a')/pets('b')/toys many; with maker() linked \"\"",
        ),
        ("/registry/people/$count?$expand=nothing", "registry/people number many"),
    ]);
}

#[test]
fn paging_and_order() {
    check(&[
        ("/registry/people?$top=5&$skip=7&$count=true", "registry/people many; skip 7; page 5; count"),
        ("/registry/people?$top=0", "registry/people many; page 0"),
        ("/registry/people?$top=1000", "registry/people many; page 1000"),
        ("/registry/people?$top=1001", "registry/people many; page 1000"),
        (
            "/registry/people?$top=18446744073709551615&$skip=18446744073709551615",
            "registry/people many; skip 18446744073709551615; page 1000",
        ),
        (
            "/registry/people?$top=18446744073709551616",
            "Invalid $top 0..20: Invalid value '18446744073709551616' for query option '$top'; a \
             non-negative integer is expected.",
        ),
        (
            "/registry/people?$top=-1",
            "Invalid $top 0..2: Invalid value '-1' for query option '$top'; a non-negative integer \
             is expected.",
        ),
        ("/registry/people?$count=false", "registry/people many"),
        (
            "/registry/people/$count?$top=1&$skip=1&$orderby=nothing&$filter=age gt 1",
            "registry/people number many; if (age? > 1)",
        ),
        ("/registry/people?$orderby=name", "registry/people many; by name?,id"),
        (
            "/registry/people?$orderby=name desc,age asc,id desc",
            "registry/people many; by name? desc,age?,id desc",
        ),
        (
            "/registry/people?$orderby=name,NAME desc,home/city,home/city",
            "registry/people many; by name?,home/city?,id",
        ),
        ("/registry/people?$orderby=id desc,id", "registry/people many; by id desc"),
        (
            "/registry/people?$orderby=tolower(name),length(nick) desc",
            "registry/people many; by ToLower?(name?),Length(nick) desc,id",
        ),
        (
            "/registry/people?$orderby=contains(name,'a') desc",
            "registry/people many; by Contains?(name?, 'a') desc,id",
        ),
        ("/registry/people?$orderby=@o&@o=name", "registry/people many; by name?,id"),
        ("/registry/lines", "registry/lines many; by order,number"),
        ("/registry/lines?$orderby=number desc", "registry/lines many; by number desc,order"),
        (
            "/registry/people?$orderby=nothing",
            "Invalid nothing 0..7: Could not find a property named 'nothing' on type 'demo.registry.person'.",
        ),
        (
            "/registry/people?$orderby=home",
            "Invalid $orderby 0..4: A property of this type cannot be ordered by.",
        ),
        (
            "/registry/people?$orderby=photo",
            "Invalid $orderby 0..5: A property of this type cannot be ordered by.",
        ),
        ("/registry/people?$orderby=price", "registry/people many; by price?,id"),
        ("/registry/people?$orderby=pets/$count", "registry/people many; by count($1 in pets),id"),
        ("/registry/people?$orderby=name,age add 1", "registry/people many; by name?,(age? + 1)::Int64?,id"),
        ("/registry/people?$orderby=age eq 1", "registry/people many; by (age? = 1),id"),
        ("/registry/people?$orderby=null", "registry/people many"),
        ("/registry/people?$orderby=@missing", "registry/people many"),
    ]);
    let keys = |count| format!("/registry/people?$orderby={}", vec!["tolower(name)"; count].join(","));
    assert_eq!(demo::query(&keys(32)).unwrap().listing.order.len(), 33);
    check(&[(
        &keys(33),
        "TooComplex $orderby: The request is too complex: it is ordered by more than 32 keys.",
    )]);
}

#[test]
fn one_entity() {
    let refused = |option: &str| {
        format!("Invalid {option}: The query option '{option}' can be applied to collections only.")
    };
    for option in ["$filter=true", "$orderby=id", "$top=1", "skip=1", "$Count=false", "$skiptoken=x"] {
        let name = option.split('=').next().unwrap_or_default();
        check(&[
            (&format!("/registry/people('a')?{option}"), &refused(name)),
            (&format!("/registry/people('a')/stream?{option}"), &refused(name)),
        ]);
    }
    check(&[
        ("/registry/people('a')?$select=name,photo", "registry/people('a') one; name photo as name,photo"),
        (
            "/registry/people('a')?$expand=pets($top=1)",
            "registry/people('a') one; with pets() linked \"$top=1\"",
        ),
    ]);
}

#[test]
fn unsupported_options() {
    let refused = |option: &str| {
        format!("Unsupported {option}: The query option '{option}' is not supported by the service.")
    };
    for option in ["$deltatoken=x", "$index=1", "$id=x", "DeltaToken=x"] {
        let name = option.split('=').next().unwrap_or_default();
        for path in ["/registry/people", "/registry/people('a')", "/registry/people/$count"] {
            check(&[(&format!("{path}?{option}"), &refused(name))]);
        }
    }
    check(&[
        ("/registry/people?$schemaversion=*", "registry/people many"),
        ("/registry/people?$schemaversion=2", "NotFound $schemaversion: The schema has no version '2'."),
        ("/registry/people?$format=json", "registry/people many"),
        ("/registry/people?$format=Application/Json", "registry/people many"),
        ("/registry/people?custom=1&another", "registry/people many"),
        ("/registry/people?$unknown=1", "Invalid $unknown: The query parameter '$unknown' is not supported."),
    ]);
    let request = odata::syntax::parse("/registry/people", Some("custom=1&Top=1")).unwrap();
    assert_eq!(
        odata::bind::without_options(&request).map_err(|error| told(&error)),
        Err("Unsupported Top: 'Top' on a request that writes is not supported by the service.".to_owned())
    );
    let request = odata::syntax::parse("/registry/people", Some("custom=1&@a=1")).unwrap();
    assert_eq!(odata::bind::without_options(&request), Ok(()));
}
