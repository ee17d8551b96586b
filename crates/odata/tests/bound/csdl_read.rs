//! CSDL in: what is understood, what is refused and where.

use odata::model::csdl::{self, Options, Version};
use odata::model::{Model, Primitive, Type};

use crate::{demo, shop};

/// A document of one schema `ns` with these declarations, on the document's fourth line.
fn schema(declarations: &str) -> String {
    format!(
        "<edmx:Edmx Version='4.0' xmlns:edmx='http://docs.oasis-open.org/odata/ns/edmx'>\n<edmx:DataServices>\n\
         <Schema Namespace='ns' Alias='n' xmlns='http://docs.oasis-open.org/odata/ns/edm'>\n{declarations}</Schema>\
         </edmx:DataServices></edmx:Edmx>"
    )
}

#[track_caller]
fn read(declarations: &str) -> Model {
    csdl::read(&schema(declarations)).unwrap_or_else(|error| panic!("{error}"))
}

/// What each document is refused for; the line is counted within its declarations.
#[track_caller]
fn refused(rows: &[(&str, &str)]) {
    demo::compare(rows, |declarations| match csdl::read(&schema(declarations)) {
        Ok(_) => "read".to_owned(),
        Err(error) => format!("{}:{} {}", error.line.saturating_sub(3), error.column, error.message),
    });
}

#[test]
fn types_refer_to_each_other_in_any_order() {
    let model = read(
        "<EntityType Name='c' BaseType='n.b'><Property Name='z' Type='Collection(ns.e)'/></EntityType>\
         <EntityType Name='b' BaseType='ns.a' Abstract='true'><Property Name='y' Type='n.d'/>\
         <NavigationProperty Name='to' Type='Collection(n.c)' ContainsTarget='true'/></EntityType>\
         <EntityType Name='a' OpenType='true' HasStream='true'><Key><PropertyRef Name='x' Alias='also'/></Key>\
         <Property Name='x' Type='Edm.Int64' Nullable='false'/></EntityType>\
         <TypeDefinition Name='d' UnderlyingType='Edm.String' MaxLength='7'/>\
         <EnumType Name='e'><Member Name='p'/><Member Name='q' Value='7'/><Member Name='r'/></EnumType>",
    );
    let Some(Type::Entity(id)) = model.find_type("n.c") else { panic!() };
    let ty = model.entity(id);
    let names: Vec<&str> = ty.properties.iter().map(|property| property.name.as_str()).collect();
    assert_eq!((names, ty.inherited), (vec!["x", "y", "z"], 2));
    assert_eq!((ty.key.as_slice(), ty.is_open, ty.has_stream), (&["x".to_owned()][..], true, true));
    assert_eq!((ty.is_abstract, ty.inherited_navigation), (false, 1));
    assert_eq!(ty.navigation[0].target, id);
    assert_eq!(ty.properties[1].definition.as_deref(), Some("ns.d"));
    assert_eq!(ty.properties[1].facets.max_length, Some(7));
    let (_, members) = model.find_enum("ns.e").unwrap();
    assert_eq!(members.members, [("p".to_owned(), 0), ("q".to_owned(), 7), ("r".to_owned(), 8)]);
}

#[test]
fn schemas_refer_to_each_other() {
    let text = "<edmx:Edmx Version='4.01' xmlns:edmx='http://docs.oasis-open.org/odata/ns/edmx'>
        <edmx:Reference Uri='core.xml'><edmx:Include Namespace='Org.OData.Core.V1' Alias='C'/></edmx:Reference>
        <edmx:DataServices>
        <Schema Namespace='one' xmlns='http://docs.oasis-open.org/odata/ns/edm'>
          <EntityType Name='a' BaseType='t.b'><Property Name='own' Type='t.c'/></EntityType>
          <EntityContainer Name='all' Extends='t.base'><EntitySet Name='As' EntityType='one.a'/></EntityContainer>
        </Schema>
        <Schema Namespace='two.deep' Alias='t' xmlns='http://docs.oasis-open.org/odata/ns/edm'>
          <Term Name='unread' Type='Edm.String'/>
          <foreign xmlns='urn:x'><EntityType/></foreign>
          <ComplexType Name='c' OpenType='true'><NavigationProperty Name='to' Type='one.a'/></ComplexType>
          <EntityType Name='b'><Key><PropertyRef Name='id'/></Key>
            <Property Name='id' Type='Edm.Guid' Nullable='false'/>
            <Property Name='made' Type='Edm.Date'/>
            <Annotation Term='C.AlternateKeys'><Collection><Record><PropertyValue Property='Key'><Collection>
              <Record><PropertyValue Property='Name'><PropertyPath>made</PropertyPath></PropertyValue></Record>
            </Collection></PropertyValue></Record></Collection></Annotation>
          </EntityType>
          <Annotations Target='t.b/made'><Annotation Term='C.Computed' Bool='true'/></Annotations>
          <Annotations Target='t.b/id'><Annotation Term='C.Computed' Bool='false'/></Annotations>
          <EntityContainer Name='base'><EntitySet Name='Bs' EntityType='t.b'>
            <NavigationPropertyBinding Path='one.a/own/to' Target='two.deep.base/Bs'/></EntitySet></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>";
    let model = csdl::read(text).unwrap();
    let Some(Type::Entity(a)) = model.find_type("one.a") else { panic!() };
    let ty = model.entity(a);
    let computed: Vec<bool> = ty.properties.iter().map(|property| property.computed).collect();
    assert_eq!(computed, [false, true, false]);
    assert_eq!(ty.alternate_keys, [vec!["made".to_owned()]]);
    let names: Vec<&str> = model.container.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["Bs", "As"]);
    assert_eq!((model.container.namespace.as_str(), model.container.name.as_str()), ("one", "all"));
    assert_eq!(model.member("Bs").unwrap().bindings, [("one.a/own/to".to_owned(), "Bs".to_owned())]);
    assert_eq!(model.complex_types().next().unwrap().navigation[0].target, a);
    let written = csdl::xml(&model, &Options::new(Version::V401));
    assert_eq!(csdl::xml(&csdl::read(&written).unwrap(), &Options::new(Version::V401)), written);
}

#[test]
fn facets_and_silence() {
    let model = read(
        "<TypeDefinition Name='money' UnderlyingType='Edm.Decimal' Precision='9' Scale='2'/>\
         <ComplexType Name='c'><Property Name='a' Type='Edm.Decimal'/>\
         <Property Name='b' Type='Edm.Decimal' Scale='variable'/><Property Name='c' Type='Edm.Decimal' Scale='3'/>\
         <Property Name='d' Type='n.money'/><Property Name='e' Type='Edm.String' MaxLength='max' Unicode='false'/>\
         <Property Name='f' Type='Collection(Edm.String)'/><Property Name='g' Type='Edm.Int32'/>\
         <Property Name='h' Type='Edm.GeometryPoint' SRID='variable'/></ComplexType>",
    );
    let ty = model.complex_types().next().unwrap();
    let scales: Vec<Option<u32>> = ty.properties[..4].iter().map(|property| property.facets.scale).collect();
    assert_eq!(scales, [Some(0), None, Some(3), Some(2)]);
    assert_eq!(ty.properties[3].facets.precision, Some(9));
    assert_eq!((ty.properties[4].facets.max_length, ty.properties[4].facets.unicode), (None, Some(false)));
    assert_eq!((ty.properties[5].nullable, ty.properties[6].nullable), (false, true));
    assert_eq!(ty.properties[7].facets.srid.as_deref(), Some("variable"));
}

#[test]
fn operations() {
    let model = &shop::MODEL;
    let cheapest = model.operations.iter().find(|operation| operation.name == "Cheapest").unwrap();
    assert_eq!(cheapest.entity_set_path.as_deref(), Some(""));
    assert!(cheapest.parameters.is_empty() && cheapest.is_composable);
    assert_eq!(model.unbound("Shop.ProductsIn").count(), 2);
    let reprice = model.operations.iter().find(|operation| operation.name == "Reprice").unwrap();
    assert_eq!(reprice.parameters[0].definition.as_deref(), Some("Example.Shop.Money"));
    assert_eq!(reprice.parameters[0].facets.scale, Some(2));
    assert_eq!(reprice.parameters[0].ty, Type::Primitive(Primitive::Decimal));
}

#[test]
fn faults_have_a_place() {
    refused(&[
        ("<ComplexType/>", "1:1 ComplexType has no Name"),
        ("<ComplexType Name='a b'/>", "1:1 'a b' is not an identifier"),
        ("<ComplexType Name=''/>", "1:1 '' is not an identifier"),
        ("<ComplexType Name='1a'/>", "1:1 '1a' is not an identifier"),
        (
            "<ComplexType Name='c'>\n  <Property Name='x y' Type='Edm.String'/></ComplexType>",
            "2:3 'x y' is not an identifier",
        ),
        ("<ComplexType Name='c'><Property Name='x'/></ComplexType>", "1:23 Property has no Type"),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Edm.Strin'/></ComplexType>",
            "1:23 the type 'Edm.Strin' is not supported here",
        ),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Edm.Untyped'/></ComplexType>",
            "1:23 the type 'Edm.Untyped' is not supported here",
        ),
        ("<ComplexType Name='c'><Property Name='x' Type='n.d'/></ComplexType>", "1:23 unknown type 'n.d'"),
        ("<ComplexType Name='c'><Property Name='x' Type='c'/></ComplexType>", "1:23 unknown type 'c'"),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Collection(Collection(n.c))'/></ComplexType>",
            "1:23 unknown type 'Collection(n.c)'",
        ),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Edm.String' Nullable='no'/></ComplexType>",
            "1:23 Nullable is 'no', neither true nor false",
        ),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Edm.String' MaxLength='-1'/></ComplexType>",
            "1:23 MaxLength is '-1', not a number",
        ),
        (
            "<ComplexType Name='c'><Property Name='x' Type='Edm.String'/><Property Name='x' Type='Edm.Byte'/></ComplexType>",
            "1:61 'c' has the property 'x' twice",
        ),
        ("<ComplexType Name='c'/>\n<EntityType Name='c'/>", "2:1 'ns.c' is declared twice"),
        (
            "<ComplexType Name='c'/><Function Name='c'><ReturnType Type='Edm.Byte'/></Function>",
            "1:24 'ns.c' is declared twice",
        ),
        (
            "<ComplexType Name='a' BaseType='n.b'/><ComplexType Name='b' BaseType='n.a'/>",
            "1:1 the type extends itself",
        ),
        ("<ComplexType Name='a' BaseType='n.a'/>", "1:1 the type extends itself"),
        ("<ComplexType Name='a' BaseType='n.none'/>", "1:1 unknown type 'n.none'"),
        (
            "<ComplexType Name='a' BaseType='n.b'/><EntityType Name='b'/>",
            "1:1 the base type of a complex type must be one",
        ),
        ("<EntityType Name='a' BaseType='Edm.Int32'/>", "1:1 the base type of an entity type must be one"),
        (
            "<EntityType Name='a'><Key><PropertyRef Name='id'/></Key></EntityType>",
            "1:22 'a' has no key property 'id'",
        ),
        ("<EntityType Name='a'><Key/></EntityType>", "1:22 the key has no property"),
        (
            "<EntityType Name='a'><Key><PropertyRef Name='b/id'/></Key></EntityType>",
            "1:27 the key property 'b/id' of a complex property is not supported",
        ),
        (
            "<EntityType Name='a'><Key><PropertyRef Name='id'/></Key><Property Name='id' Type='Edm.Int32'/></EntityType>",
            "1:22 the key property 'id' may be null",
        ),
        (
            "<EntityType Name='a'><Key><PropertyRef Name='id'/></Key><Property Name='id' Type='Edm.Double' \
             Nullable='false'/></EntityType>",
            "1:22 the type of 'id' cannot be that of a key",
        ),
        (
            "<EntityType Name='a'><Property Name='x' Type='n.a'/></EntityType>",
            "1:22 an entity type needs a NavigationProperty",
        ),
        (
            "<EntityType Name='a'><NavigationProperty Name='x' Type='Edm.Int32'/></EntityType>",
            "1:22 'Edm.Int32' is not an entity type",
        ),
        (
            "<EntityType Name='a'><NavigationProperty Name='x' Type='n.a'><ReferentialConstraint Property='p' \
             ReferencedProperty='q'/></NavigationProperty></EntityType>",
            "1:22 the constraint names an unknown property 'p'",
        ),
        (
            "<EntityType Name='a'/><EntityContainer Name='c'><EntitySet Name='s' EntityType='n.a'/></EntityContainer>",
            "1:49 the entity type 'a' of an entity set has no key",
        ),
        (
            "<EntityContainer Name='c'><EntitySet Name='s' EntityType='n.a'/></EntityContainer>",
            "1:27 unknown type 'n.a'",
        ),
        (
            "<EntityType Name='a'/><EntityContainer Name='c'><Singleton Name='s' Type='n.a'/>\n<Singleton Name='s' \
             Type='n.a'/></EntityContainer>",
            "2:1 the container has 's' twice",
        ),
        (
            "<EntityType Name='a'/><EntityContainer Name='c'><Singleton Name='s' Type='n.a'>\
             <NavigationPropertyBinding Path='p' Target='t'/></Singleton></EntityContainer>",
            "1:49 the binding of 'p' has an unknown target 't'",
        ),
        ("<EntityContainer Name='c'/><EntityContainer Name='d'/>", "1:28 there is a second container"),
        ("<EntityContainer Name='c' Extends='n.d'/>", "1:1 the container 'ns.d' is not in this document"),
        ("<EntityContainer Name='c' Extends='n.c'/>", "1:1 the container extends itself"),
        (
            "<EntityContainer Name='c'><ActionImport Name='x' Action='n.x'/></EntityContainer>",
            "1:27 there is no unbound action 'ns.x'",
        ),
        ("<Function Name='f'/>", "1:1 the function 'f' has no ReturnType"),
        ("<Action Name='f' IsBound='true'/>", "1:1 'f' is bound to no parameter"),
        (
            "<EnumType Name='e'><Member Name='a' Value='x'/></EnumType>",
            "1:20 the value of 'a' is not an Edm.Int32",
        ),
        (
            "<EnumType Name='e' UnderlyingType='Edm.Byte'><Member Name='a' Value='256'/></EnumType>",
            "1:46 the value of 'a' is not an Edm.Byte",
        ),
        (
            "<EnumType Name='e' UnderlyingType='Edm.String'/>",
            "1:1 the underlying type 'Edm.String' is not an integer type",
        ),
        ("<EnumType Name='e' IsFlags='true'><Member Name='a'/></EnumType>", "1:35 the flag 'a' has no value"),
        (
            "<EnumType Name='e'><Member Name='a'/><Member Name='a'/></EnumType>",
            "1:38 the member 'a' is declared twice",
        ),
        (
            "<TypeDefinition Name='t' UnderlyingType='n.t'/>",
            "1:1 the underlying type 'n.t' is not a primitive type",
        ),
        (
            "<ComplexType Name='c'><Property></ComplexType>",
            "1:33 not well-formed XML: expected 'Property' tag, not 'ComplexType'",
        ),
        ("&bomb;", "1:1 not well-formed XML: unknown entity reference 'bomb'"),
    ]);
}

#[test]
fn other_documents_are_refused() {
    demo::compare(
        &[
            ("", "1:1: not well-formed XML: the document does not have a root node"),
            ("{}", "1:1: not well-formed XML: unknown token"),
            ("<html/>", "1:1: there is no Schema of OData 4.0 or 4.01"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "1:1: not well-formed XML: XML with DTD detected"),
            (
                "<Edmx xmlns='http://docs.oasis-open.org/odata/ns/edmx'/>",
                "1:1: there is no Schema of OData 4.0 or 4.01",
            ),
            (
                "<Edmx Version='1.0' xmlns='http://schemas.microsoft.com/ado/2007/06/edmx'>\
                 <DataServices><Schema xmlns='http://schemas.microsoft.com/ado/2009/11/edm'/></DataServices></Edmx>",
                "1:1: the document is of OData 3 or older; CSDL of OData 4.0 or 4.01 is expected",
            ),
            (
                "<Schema Namespace='Edm' xmlns='http://docs.oasis-open.org/odata/ns/edm'/>",
                "1:1: 'Edm' cannot be a namespace",
            ),
            ("<Schema Namespace='a' xmlns='http://docs.oasis-open.org/odata/ns/edm'/>", "read"),
        ],
        |text| csdl::read(text).map_or_else(|error| error.to_string(), |_| "read".to_owned()),
    );
}

#[test]
fn size_and_depth_are_limited() {
    let message = |text: &str| csdl::read(text).map_or_else(|error| error.message, |_| "read".to_owned());
    let chain = |length: usize| {
        let types = (1..length).map(|n| format!("<ComplexType Name='t{n}' BaseType='n.t{}'/>", n - 1));
        schema(&(types.collect::<String>() + "<ComplexType Name='t0'/>"))
    };
    assert_eq!(message(&chain(60)), "read");
    assert_eq!(message(&chain(100)), "more than 64 types extend each other");
    // The same from the other end, where each type is the first to be looked at.
    let down = (1..100).rev().map(|n| format!("<ComplexType Name='t{n}' BaseType='n.t{}'/>", n - 1));
    let down = schema(&(down.collect::<String>() + "<ComplexType Name='t0'/>"));
    assert_eq!(message(&down), "more than 64 types extend each other");
    let deep = "<a>".repeat(100_000);
    assert!(message(&deep).starts_with("not well-formed XML"), "{}", message(&deep));
    assert!(message(&" ".repeat(csdl::MAX_BYTES + 1)).starts_with("the document is larger"));
    let wide = (0..1000).map(|n| format!("<Property Name='p{n}' Type='Edm.Byte'/>")).collect::<String>();
    let many = (0..1000).map(|n| format!("<ComplexType Name='t{n}' BaseType='n.b'/>")).collect::<String>();
    let many = schema(&format!("<ComplexType Name='b'>{wide}</ComplexType>{many}"));
    assert_eq!(message(&many), "all types together have more than 500000 members");
    let long = "x".repeat(129);
    assert!(message(&schema(&format!("<ComplexType Name='{long}'/>"))).ends_with("is not an identifier"));
}

/// Whatever is cut out of a document, doubled or changed, the answer is a model or a fault.
#[test]
fn no_text_is_too_strange() {
    let pieces: Vec<&str> = shop::XML.split_inclusive(['"', '>', '<', ' ']).collect();
    let mut state = 42_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut models, mut faults) = (0, 0);
    for _ in 0..150 {
        let mut text = pieces.clone();
        for _ in 0..=next(3) {
            let (place, other) = (next(text.len()), pieces[next(pieces.len())]);
            match next(3) {
                0 => _ = text.remove(place),
                1 => text.insert(place, other),
                _ => text[place] = other,
            }
        }
        match csdl::read(&text.concat()) {
            Ok(model) => {
                models += 1;
                csdl::read(&csdl::xml(&model, &Options::new(Version::V401))).unwrap();
            }
            Err(_) => faults += 1,
        }
    }
    assert!(models > 5 && faults > 50, "{models} {faults}");
}
