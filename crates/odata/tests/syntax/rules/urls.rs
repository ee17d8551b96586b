//! Resource paths, whole URIs, query options and context URLs.

use super::{accepts, refuses};

#[test]
fn paths() {
    accepts(
        "resourcePath",
        &[
            "Books",
            "Books(1)",
            "Books(Id='a%2Fb')",
            "Books/7",
            "Books/O'Neil/Title/$value",
            "Books(1)/Author/Books(2)/Tags/0",
            "Books(1)/Lib.Atlas/Place/Lib.Shelf/Row",
            "Books/Lib.Atlas(1)/Copies/Lib.Shelf/-1",
            "Books/Lib.Atlas/$filter(Pages gt 3)/$filter(@p)(1)/Title",
            "Books/$filter(Pages gt 3)/$each/Lib.Lend",
            "Books(1)/Lend",
            "Books/Similar(to='x', days=3)/$count",
            "Books/Similar(to=@t)(1)/Title",
            "Books/Best/$query",
            "Books(1)/Cover",
            "Books(1)/Cover/Lib.Lend",
            "Books(1)/$value",
            "Books(1)/Sequels/$ref",
            "Catalogue/Place",
            "Reset",
            "BookOfTheDay",
            "BookOfTheDay(days=1)/Title",
            "Overdue(days=1)(2)",
            "Size()/$value",
            "$crossjoin(Books,Authors)",
            "$all/Lib.Book",
        ],
    );
    refuses(
        "resourcePath",
        &[
            "",
            "/Books",
            "Books/",
            "Shelves",
            "Books()",
            "Books( 1)",
            "Books(1 )",
            "Books(1)(2)",
            "Books(null)",
            "Books(Title='a')",
            "Books(1,2)",
            "Books/8",
            "Books/Title",
            "Books(1)/Title/Title",
            "Books(1)/Place/$value",
            "Books(1)/Place/$ref",
            "Books(1)/Cover/$value",
            "Books(1)/Lib.Atlas/Lib.Atlas",
            "Books(1)/Lib.Place",
            "Books(1)/Other.Atlas",
            "Books(1)/Reset",
            "Books(1)/Lend/Title",
            "Books/Best/Title",
            "Books/$each/Title",
            "Books(1)/$each",
            "Books(1)/$filter(true)",
            "Books/$filter( true)",
            "Books/$count/$ref",
            "Lend",
            "Reset()",
            "Similar(days=1)",
            "BookOfTheDay(1)",
            "Catalogue(1)",
            "$crossjoin(Books,Shelves)",
            "$crossjoin(Books, Authors)",
            "$crossjoin()",
            "$all/Books",
        ],
    );
}

#[test]
fn uris() {
    accepts(
        "odataUri",
        &[
            "https://example.org/",
            "HTTP://user-less.example:8080/a/b/Books?$top=1",
            "http://[::1]/Books(1)",
            "http://192.0.2.1/x/$metadata#Books",
            "http://h/Books/Books",
        ],
    );
    refuses(
        "odataUri",
        &[
            "example.org/",
            "ftp://example.org/",
            "http://example.org",
            "http://[::1/",
            "http://[vx]/",
            "http://h/a|b/Books",
            "http://h//Books",
            "http://h/Shelves",
        ],
    );
    accepts(
        "odataRelativeUri",
        &[
            "Books?$filter=Title eq 'a'&debug=1&@p=3",
            "Books?",
            "Overdue?days=3",
            "$batch",
            "$batch?$format=json&debug",
            "$metadata?$format=application/xml#Books/$entity",
            "$entity?debug=1&$id=Books(1)",
            "$entity/Lib.Book?$select=Title&$id=x&$expand=Author",
        ],
    );
    refuses(
        "odataRelativeUri",
        &[
            "Books?other=1",
            "Books?&",
            "Books?$top=1&&$skip=1",
            "Books?$whatif=1",
            "Books?%24top=1",
            "Books?$top= 1",
            "Books#x",
            "$batch?$top=1",
            "$Batch",
            "$metadata?$filter=true",
            "$entity",
            "$entity?$id=a&$id=b",
            "$entity/Lib.Book?$id=x&$top=1",
            "$entity/Lib.Place?$id=x",
        ],
    );
}

#[test]
fn options() {
    accepts("filter", &["$filter=Title eq 'a'", "FILTER=true"]);
    refuses(
        "filter",
        &["$filter=", "$filter", "$filter= true", "$filter=true ", "$filter=true&debug", "$top=1"],
    );
    accepts("orderby", &["$orderby=Title", "$OrderBy=Title desc,Pages ASC,length(Title)"]);
    refuses("orderby", &["$orderby=Title, Pages", "$orderby=Title up", "$orderby="]);
    accepts(
        "select",
        &[
            "$select=*",
            "$select=Title,Place/Row,Tags($top=1),Lib.*,Lib.Lend,Score(days,to)",
            "$select=Lib.Atlas/Title,Place/Lib.Shelf/Row",
            "$select=Copies($filter=Row eq 1;$select=Row;$count=true),Author",
            "$select=@Core.Note",
        ],
    );
    refuses(
        "select",
        &[
            "$select=Title,",
            "$select=Title, Pages",
            "$select=Unknown",
            "$select=Title/Pages",
            "$select=Title($top=1)",
            "$select=Tags($select=Row)",
            "$select=Author($top=1)",
            "$select=Lib.Atlas",
            "$select=Score(other)",
            "$select=Sequels/Title",
            "$select=Copies($expand=Author)",
            "$select=Copies( $top=1)",
        ],
    );
    accepts(
        "expand",
        &[
            "$expand=*",
            "$expand=*/$ref,*($levels=2)",
            "$expand=Author($select=Title;$expand=Books($levels=max;$top=1)),Cover,$value",
            "$expand=Lib.Atlas/Books/Lib.Atlas/$count($search=red)",
            "$expand=Place/Lib.Shelf/Author",
            "$expand=Books/$ref($filter=true;$orderby=Title)",
            "$expand=Books($apply=aggregate(Pages with sum as Total))",
            "$expand=Books(@p=1;$filter=Pages gt @p)",
        ],
    );
    refuses(
        "expand",
        &[
            "$expand=Title",
            "$expand=Place",
            "$expand=Books/Sequels",
            "$expand=Books/Lib.Atlas/Lib.Atlas",
            "$expand=*/$count",
            "$expand=Cover($top=1)",
            "$expand=Books()",
            "$expand=Books($top=1,$skip=1)",
            "$expand=Books($top=1; $skip=1)",
            "$expand=Books($levels=0)",
            "$expand=Books/$ref($expand=Author)",
            "$expand=Books($format=json)",
        ],
    );
    accepts("compute", &["$compute=Pages mul 2 as Twice,length(Title) as L"]);
    refuses(
        "compute",
        &["$compute=Pages", "$compute=Pages as", "$compute=Pages as a.b", "$compute=(Pages)as B"],
    );
    accepts(
        "search",
        &[
            "$search=red",
            "$search= red%20blue",
            "$search=red%3Bblue",
            "$search=\"a;b\" AND NOT (c OR d)",
            "$search='half \"a'",
        ],
    );
    refuses(
        "search",
        &["$search=", "$search=red;blue", "$search=(red", "$search=\"\"", "$search=red ", "$search=a]b"],
    );
    accepts("searchExpr", &["a OR b AND NOT c", "AND"]);
    refuses("searchExpr", &["", "()", "a \"b"]);
    accepts("skip", &["$skip=0", "skip=18446744073709551615"]);
    refuses("skip", &["$skip=-1", "$skip=1.0", "$skip="]);
    accepts("inlinecount", &["$count=TRUE"]);
    refuses("inlinecount", &["$count=1", "$count"]);
    accepts("format", &["$format=JSON", "$format=application/json;odata.metadata=none"]);
    refuses("format", &["$format=yaml", "$format=a/", "$format=a/b c", "$format="]);
    accepts("skiptoken", &["$skiptoken=a=b:c'd"]);
    refuses("skiptoken", &["skiptoken=a", "$skiptoken=", "$skiptoken=a&b", "$skiptoken=a b"]);
    accepts("deltatoken", &["$deltatoken=x"]);
    accepts(
        "systemQueryOption",
        &["$schemaversion=*", "$index=-3", "$id=Books(1)", "$top=1", "$apply=identity"],
    );
    refuses("systemQueryOption", &["debug=1", "@p=1", "$levels=1", "$index=+3", "$schemaversion=a b"]);
    accepts("customQueryOption", &["debug", "debug=", "debug=a=b?c"]);
    refuses("customQueryOption", &["other", "$debug", "@debug=1", "debug=a b", "debug=1&debug=2"]);
    // The grammar lets an option stand twice; the text of the specification does not, and neither does a service.
    accepts("queryOptions", &["$top=1&$top=2", "@p=[1, 2]&days=Title", "$filter=Pages eq @days&days=3"]);
    refuses("queryOptions", &["", "$top=1&", "other=1", "days=;", "$top=1&filter=Unknown"]);
}

#[test]
fn contexts() {
    accepts(
        "context",
        &[
            "#Books",
            "#Books/$entity",
            "#Books/Lib.Atlas/$delta",
            "#Books(Title,Place/Row,Author(Title),Sequels+(Id))/$entity",
            "#Books(*,Lib.Atlas/Pages,Lib.Lend,Lib.Score(days),Lib.*)",
            "#Books(1)/Title",
            "#Books(Id=1)/Place/Lib.Shelf/Row",
            "#Books('a%2Fb')/Sequels(2)/Author",
            "#Books(1)/Lib.Atlas/Sequels",
            "#Books/$deletedEntity",
            "#Catalogue/Place/Lib.Shelf/Author(Title)",
            "#Catalogue()",
            "#$ref",
            "#Collection($ref)",
            "#Collection(Edm.Int32)",
            "#Edm.GeometryPoint",
            "#Lib.Isbn",
            "#Collection(Lib.Book)(Title)",
        ],
    );
    refuses(
        "context",
        &[
            "Books",
            "#",
            "#Shelves",
            "#Books(Unknown)",
            "#Books(Title+)",
            "#Books(Place/Shelf)",
            "#Books(Title(Id))",
            "#Books(1)",
            "#Books(1)/Lib.Atlas/Title",
            "#Books/$value",
            "#Books(Title)/$link",
            "#Catalogue/$entity",
            "#Catalogue/Title",
            "#Collection(Book)",
            "#Collection(Lib.Unknown)",
            "#Lib.Book/Title",
            "#Books(Title",
        ],
    );
    let deep = format!("#Books{}{}", "(Author".repeat(5_000), ")".repeat(5_000));
    refuses("context", &[&deep]);
}
