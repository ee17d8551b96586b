//! Literals, payload values, headers and names.

use super::{accepts, refuses};

#[test]
fn literals() {
    accepts("date", &["1999-12-31", "-0044-03-15", "12000-01-01", "2023-02-30"]);
    refuses(
        "date",
        &["1999-13-01", "1999-00-01", "1999-1-1", "01999-01-01", "199-01-01", "1999-01-32", "1999-01-01T"],
    );
    accepts(
        "dateTimeOffsetValue",
        &["1999-12-31T23:59:60Z", "1999-12-31t00:00+14:00", "-0001-01-01T00:00:00.5z"],
    );
    refuses(
        "dateTimeOffsetValue",
        &["1999-12-31T23:59", "1999-12-31T23:59:61Z", "1999-12-31T24:00Z", "1999-12-31 23:59Z"],
    );
    accepts("dateTimeOffsetLiteral", &["1999-12-31T23:59:60%2B01:00", "1999-12-31T23:59+01:00"]);
    refuses("dateTimeOffsetLiteral", &["1999-12-31", "1999-12-31T23:59%2001:00", "1999-12-31T23:59 01:00"]);
    accepts("timeOfDayLiteral", &["00:00", "23:59:60", "12%3A30:00.123456789012"]);
    refuses("timeOfDayLiteral", &["24:00", "1:00", "00:00:00.", "00:00:00.1234567890123"]);
    accepts("durationValue", &["P1D", "-PT0.5S", "P1DT1H1M1S", "P99999999999999999999D"]);
    refuses("durationValue", &["P", "PT", "P1H", "1D", "P1M", "PT.5S"]);
    accepts("durationLiteral", &["duration'PT1H'", "DURATION'PT1H'", "'PT1H'", "duration%27PT1H%27"]);
    refuses("durationLiteral", &["PT1H", "duration'x'", "'x'"]);
    accepts("binaryLiteral", &["binary''", "binary'-_8'", "BINARY'Zg=='"]);
    refuses("binaryLiteral", &["binary'+/8='", "binary'Zg='", "binary'Zh'", "binary'Z'", "'Zg'"]);
    accepts("decimalValue", &["0", "-1.5E+3", "NaN", "INF", "-INF", "00.10"]);
    refuses("decimalValue", &["", "1.", ".5", "+INF", "inf", "1e", "0x1", "1 "]);
    accepts("sbyteValue", &["-128", "+1", "999"]);
    refuses("sbyteValue", &["1000", "1.0", "-"]);
    accepts("int64Literal", &["%2B9223372036854775807", "-1"]);
    refuses("int64Literal", &["12345678901234567890", "1.5", "1e3"]);
    accepts("byteValue", &["0", "255"]);
    refuses("byteValue", &["+1", "-1", "1234"]);
    accepts("booleanValue", &["true", "false"]);
    refuses("booleanValue", &["True", "1", ""]);
    accepts("boolean", &["True", "FALSE"]);
    accepts("guid", &["7f6c5b4a-0000-4000-8000-0123456789AB"]);
    refuses("guid", &["7f6c5b4a000040008000012345678900", "{7f6c5b4a-0000-4000-8000-0123456789ab}"]);
    accepts("stringLiteral", &["''", "'it''s'", "'a%20b'", "'%27%27'", "%27x'"]);
    refuses("stringLiteral", &["'", "'a'b'", "\"a\"", "'a b'", "'a%27b'", "'a/b'", "'a\"b'"]);
    accepts("enumLiteral", &["Lib.Genre'Novel'", "Lib.Genre'Novel,Poem,-3'", "'Poem'", "Lib.Genre'1'"]);
    refuses("enumLiteral", &["Lib.Genre'Drama'", "Lib.Kind'Novel'", "Genre'Novel'", "Lib.Genre''", "Novel"]);
    accepts("enumValue", &["Novel", "Novel,Poem", "3"]);
    refuses("enumValue", &["Drama", "Novel, Poem", "'Novel'", ""]);
    accepts("null", &["null"]);
    refuses("null", &["NULL", "'null'", "(null)"]);
    accepts("primitiveLiteral", &["null", "1", "'a'", "1.5e3", "2020-01-01", "geometry'SRID=0;Point(1 2)'"]);
    refuses("primitiveLiteral", &["Title", "1 add 1", "(1)", "[1]", ""]);
}

#[test]
fn shapes() {
    accepts("geographyPoint", &["geography'SRID=12345;Point(-1.5e3 2)'", "GEOGRAPHY'srid=0;point(1 2 3 4)'"]);
    refuses(
        "geographyPoint",
        &[
            "geometry'SRID=0;Point(1 2)'",
            "geography'Point(1 2)'",
            "geography'SRID=123456;Point(1 2)'",
            "geography'SRID=0;Point(1)'",
            "geography'SRID=0;Point(1 2 3 4 5)'",
            "geography'SRID=0;Point(1,2)'",
            "geography'SRID=0;Point(1  2)'",
            "geography'SRID=0;Polygon((1 2,1 2))'",
        ],
    );
    accepts("geometryLineString", &["geometry'SRID=0;LineString(1 2,3 4)'"]);
    refuses("geometryLineString", &["geometry'SRID=0;LineString(1 2)'", "geometry'SRID=0;LineString()'"]);
    accepts("geometryPolygon", &["geometry'SRID=0;Polygon((0 0,1 1,0 0),(2 2))'"]);
    accepts("geometryMultiPoint", &["geometry'SRID=0;MultiPoint()'", "geometry'SRID=0;MultiPoint((1 2))'"]);
    accepts("geometryMultiLineString", &["geometry'SRID=0;MultiLineString()'"]);
    accepts("geometryMultiPolygon", &["geometry'SRID=0;MultiPolygon(((0 0,1 1)))'"]);
    accepts(
        "geometryCollection",
        &["geometry'SRID=0;GeometryCollection(Point(1 2),GeometryCollection(MultiPoint()))'"],
    );
    refuses("geometryCollection", &["geometry'SRID=0;GeometryCollection()'"]);
    let deep = format!("SRID=0;{}Point(1 2){}", "GeometryCollection(".repeat(1_000), ")".repeat(1_000));
    refuses("fullCollectionLiteral", &[&deep]);
}

#[test]
fn headers() {
    accepts(
        "header",
        &[
            "OData-Version: 4.01",
            "odata-maxversion:4.0",
            "OData-EntityID: Books(1)",
            "AsyncResult: 204",
            "Content-ID: a.1",
            "Isolation: Snapshot",
            "OData-Error: {\"code\":1}",
            "Prefer: return=minimal , respond-async,wait=5",
        ],
    );
    refuses(
        "header",
        &[
            "OData-Version: 4.1",
            "OData-Version 4.0",
            "OData-MaxVersion: 4",
            "AsyncResult: 20",
            "Content-ID: a b",
            "Isolation: serializable",
            "Prefer:",
            "Prefer: return=minimal,",
            "Accept: */*",
        ],
    );
    accepts(
        "preference",
        &[
            "odata.maxpagesize=10",
            "MaxPageSize = 10",
            "include-annotations=\"*,-Core.*,Core.Note#q\"",
            "callback; url=\"https://h:1/p?q=1#f\"",
            "omit-values=nulls",
            "continue-on-error=false",
            "odata.track-changes",
            "allow-entityreferences",
        ],
    );
    refuses(
        "preference",
        &[
            "maxpagesize=0",
            "maxpagesize=-1",
            "maxpagesize",
            "include-annotations=*",
            "include-annotations=\"Other.*\"",
            "include-annotations=\"Core\"",
            "callback;url=\"nowhere\"",
            "callback;url=\"https://h:x/\"",
            "return=full",
            "return=Minimal",
            "odata.return=minimal",
            "odata.wait=1",
            "wait=-1",
            "",
        ],
    );
    accepts("request-id", &["a-1._~"]);
    refuses("request-id", &["", "a b", "a/b"]);
}

#[test]
fn names() {
    accepts("odataIdentifier", &["_", "a1", "%C3%A9t%C3%A9", &"a".repeat(128)]);
    refuses("odataIdentifier", &["", "1a", "a.b", "a-b", &"a".repeat(129)]);
    accepts("entitySetName", &["Books"]);
    refuses("entitySetName", &["Shelves", "books", "Lib.Books"]);
    accepts("ENTITYSETNAME", &["Books"]);
    accepts("primitiveTypeName", &["Edm.String", "Edm.GeographyMultiPolygon"]);
    refuses("primitiveTypeName", &["String", "Edm.Geo", "edm.String"]);
}
