//! Expressions and transformations.

use super::{accepts, refuses};

#[test]
fn expressions() {
    accepts(
        "commonExpr",
        &[
            "Title",
            "Author/Books/any(b:b/Title eq 'a' and not endswith(b/Title,'z'))",
            "Books/all(b:b/Pages gt 3)",
            "Books/any()",
            "Author/Books/$count($filter=Pages gt 3;$search=red) gt 2",
            "Books/$filter(Pages gt 3)/$filter(true)/$count",
            "Books(1)/Title",
            "Books/Lib.Atlas(Id=1)/Title",
            "Lib.Atlas/Title",
            "Lib.Score(days=3,to=Title) add -Pages",
            "Score(days=3)",
            "Author/Lib.Best(to=@x)/Copies/Lib.Shelf/$count",
            "Place/Lib.Shelf/Row",
            "Title/@Core.Note",
            "@Core.Note%23q/Title",
            "$it/Title eq $this/Title",
            "$root/Catalogue/Place/Row",
            "$root/Books(1)/Title",
            "@p/Title",
            "Title in ('a', 'b')",
            "Title in Tags",
            "Tags eq [ \"a\", 'b' ,1]",
            "{\"a\":{\"b\":[]},\"c\":Title}",
            "cast(Pages,Edm.String)",
            "isof(Lib.Atlas)",
            "isof(Place,Collection(Lib.Shelf))",
            "case(Pages gt 3:'a',true:'b')",
            "Title has Lib.Genre'Novel'",
            "Title has 'Novel'",
            "geo.distance(Place,geography'SRID=0;Point(1 2)') lt 5",
            "(1 add 2) mul 3 divby 4 mod 5 sub 6 div 7",
            "substring(Title,1,2)",
            "now() gt 2020-01-01T00:00Z",
            "isdefined(Place/Row)",
            "$these/aggregate(Pages with sum from Year with max) gt 1",
            "Books/aggregate(Worth) gt 1",
            "1999-12-31T23:59:60Z lt -0001-01-01T00:00Z",
        ],
    );
    refuses(
        "commonExpr",
        &[
            "",
            " Title",
            "Title ",
            "Unknown",
            "Title/Pages",
            "Author/Unknown",
            "Books/Title",
            "Books/Lib.Atlas",
            "Lib.Atlas",
            "Books( 1)/Title",
            "Lib.Other()",
            "Lib.Score",
            "Score(3)",
            "Score(other=3)",
            "Score(days= 3)",
            "length(Title,1)",
            "length()",
            "now(1)",
            "unknown(1)",
            "isdefined(1)",
            "any(b:true)",
            "Books/any(x:true)",
            "Books/all()",
            "Title/any()",
            "Title eq",
            "Title eq'a'",
            "(Title)eq 'a'",
            "not(true)",
            "Title has Pages",
            "Title in ('a',Title)",
            "Title/@Other.Note",
            "isof('Lib.Atlas')",
            "isof(Lib.Other)",
            "$root",
            "$root/Authors/Title",
            "$these",
            "Title%2Fx",
            "Books/$filter( true)",
            "Title eq \"a\"",
            "{a:1}",
            "[1,]",
        ],
    );
    accepts("firstMemberExpr", &["Title", "$it", "@p/Title", "b", "Lib.Score()", "Books(1)"]);
    refuses("firstMemberExpr", &["1", "length(Title)", "$root/Catalogue", "not true", "Title add 1"]);
    accepts("propertyPathExpr", &["Title", "Place/Row", "Books/$count"]);
    refuses("propertyPathExpr", &["b/Title", "$it/Title", "Lib.Score()", "Lib.Atlas/Title"]);
    accepts("anyExpr", &["any()", "ANY( b : true )"]);
    accepts("allExpr", &["all(b:b/Pages gt 1)"]);
    refuses("allExpr", &["all()", "some(b:true)", "x/all(b:true)"]);
    accepts("notExpr", &["not true", "NOT (Title eq 'a')"]);
    refuses("notExpr", &["true", "not", "not true and false"]);
    accepts("isofExpr", &["isof(Edm.String)", "ISOF( Title , Edm.String )"]);
    accepts("castExpr", &["cast(Title,Edm.GeographyPoint)"]);
    refuses("castExpr", &["cast()", "cast(Title)", "cast(Title,Edm.Nothing)"]);
    accepts("functionParameter", &["days=3", "to=@t", "to='x'"]);
    refuses("functionParameter", &["3", "other=3", "days=Title", "days = 3"]);
    accepts("stringInUrl", &["\"\"", "\"a b\\n\\u00e4\"", "%22%C3%A4%22"]);
    refuses("stringInUrl", &["'a'", "\"a", "\"\\x\"", "\"a&b\""]);
}

#[test]
fn apply() {
    accepts(
        "apply",
        &[
            "$apply=filter(Pages gt 3)/groupby((Author/Title,Year),aggregate(Pages with sum as Total,$count as Count))",
            "$apply=aggregate(Worth)",
            "$apply=aggregate(Books/Worth from Year with max as Total)",
            "$apply=aggregate(Books/Pages with max as Total,Tags/$count as Count)",
            "$apply=aggregate(Author with countdistinct as Count,Author with Ext.pick as Total)",
            "$apply=groupby((rollup(Author/Title,Title),rollup(Calendar)))",
            "$apply=groupby((rolluprecursive($root/Books,Tree,Id)))",
            "$apply=descendants($root/Books,Tree,Author/Id,filter(true),3,keep start)",
            "$apply=traverse($root/Books,Tree,Id,postorder,Title desc)",
            "$apply=addnested(Books,filter(Pages gt 3) as Total)",
            "$apply=nest( identity as Total , top(1) as Count )",
            "$apply=join(Books as Total,filter(true))/outerjoin(Copies as Count)",
            "$apply=concat(identity,Lib.Similar(days=3))",
            "$apply=topcount($these/$count div 10,Pages)",
            "$apply=search('half')/orderby(Title desc)/skip(1)/top(1)",
            "$apply=compute(Pages mul 2 as Total)",
        ],
    );
    refuses(
        "apply",
        &[
            "$apply=",
            "$apply=identity/",
            "$apply=identity/ identity",
            "$apply=aggregate(Pages with sum as Other)",
            "$apply=aggregate(Pages)",
            "$apply=aggregate(Title/Pages with sum as Total)",
            "$apply=aggregate(Author with sum from Books with max as Total)",
            "$apply=aggregate((Pages)with sum as Total)",
            "$apply=groupby((Books/Title))",
            "$apply=groupby((Author/Lib.Author))",
            "$apply=groupby((Unknown))",
            "$apply=groupby(Title)",
            "$apply=join(Author as Total)",
            "$apply=join(Books as Other)",
            "$apply=addnested(Title,identity as Total)",
            "$apply=nest(identity)",
            "$apply=Lib.Best()",
            "$apply=Similar()",
            "$apply=top(1.0)",
            "$apply=TOP(1)",
            "$apply=descendants($root/Books,Tree,Books,identity)",
            "$apply=descendants($root/Books,Tree,Id,identity,keep  start)",
            "$apply=descendants($root/Books,Tree,Id,aggregate(Worth))",
        ],
    );
}
