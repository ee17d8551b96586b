//! CSDL out, and what becomes of a model that is written and read again.

use odata::model::csdl::{self, Conformance, Options, Version};
use odata::model::{
    Acts, Model, NavigationProperty, Operation, Permission, Primitive, Property, Returned, Type,
};
use serde_json::Value;

use crate::{demo, shop};

fn options() -> Options {
    Options::new(Version::V401).with_acts().with_permissions()
}

/// What a model says that CSDL has words for.
fn told(model: &Model) -> String {
    format!("{model:#?}")
}

/// Writes, reads and writes again.
#[track_caller]
fn survives(model: &Model) {
    for version in [Version::V40, Version::V401] {
        let written = csdl::xml(model, &Options { version, ..options() });
        let read = csdl::read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(told(&read), told(model));
        assert_eq!(csdl::xml(&read, &Options { version, ..options() }), written);
    }
    let plain = csdl::xml(model, &Options::new(Version::V401));
    assert_eq!(csdl::xml(&csdl::read(&plain).unwrap(), &Options::new(Version::V401)), plain);
}

/// A model without what CSDL has no words for.
fn plain(mut model: Model) -> Model {
    for id in model.entity_type_ids() {
        let ty = model.entity_mut(id);
        ty.always_typed = false;
        for property in &mut ty.properties {
            property.returned = Returned::Always;
            property.searchable = false;
        }
        ty.navigation.iter_mut().for_each(|navigation| navigation.envelope = false);
    }
    model
}

#[test]
fn models_survive() {
    survives(&plain(demo::model()));
    survives(&shop::MODEL);
    survives(&Model::new("empty", None));
}

#[test]
fn acts_and_permissions_survive() {
    let mut model = Model::new("ns", Some("n"));
    let thing = model.add_entity(
        "thing",
        &["id"],
        vec![Property::string("id", 9).required(), Property::string("name", 9).computed()],
    );
    let acts = Acts {
        read: Some(Permission::any_of(&["Read", "Write"])),
        insert: Some(Permission::delegated(&["Write"])),
        update: None,
        delete: Some(Permission::default()),
    };
    model.entity_mut(thing).alternate_keys = vec![vec!["name".to_owned()]];
    model.add_entity_set("things", thing, acts.clone());
    model.add_singleton("one", thing);
    let of = Type::Entity(thing);
    model.add_operation(Operation::action("go", of, vec![], Permission::any_of(&["Go"])));
    survives(&model);
    let said = csdl::xml(&model, &options());
    let (_, said) = said.split_once("InsertRestrictions").unwrap();
    insta::assert_snapshot!(said.split_once("</EntitySet>").unwrap().0, @r#"
">
            <Record>
              <PropertyValue Property="Permissions">
                <Collection>
                  <Record>
                    <PropertyValue Property="SchemeName" String="Delegated"/>
                    <PropertyValue Property="Scopes">
                      <Collection>
                        <Record>
                          <PropertyValue Property="Scope" String="Write"/>
                        </Record>
                      </Collection>
                    </PropertyValue>
                  </Record>
                </Collection>
              </PropertyValue>
            </Record>
          </Annotation>
          <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions">
            <Record>
              <PropertyValue Property="Updatable" Bool="false"/>
            </Record>
          </Annotation>
    "#);
    let said = csdl::xml(&model, &Options::new(Version::V401));
    assert!(!said.contains("Restrictions"), "{said}");
    // What is not said is not denied.
    let read = csdl::read(&said).unwrap();
    assert!(read.member("things").unwrap().acts.update.is_some());
}

#[test]
fn types_say_what_they_declare() {
    let mut model = Model::new("ns", Some("n"));
    let base = model.add_entity("base", &["id"], vec![Property::string("id", 9).required()]);
    model.entity_mut(base).is_abstract = true;
    let money = Property::new("money", Type::Primitive(Primitive::Decimal));
    let tags = Property::new("tags", Type::Primitive(Primitive::String).collection());
    let derived = model.extend_entity("derived", base, vec![money, tags]);
    let up = NavigationProperty {
        collection: false,
        contains_target: false,
        partner: Some("down".to_owned()),
        constraints: vec![("money".to_owned(), "id".to_owned())],
        ..NavigationProperty::contained("up", base, Acts::default())
    };
    model.entity_mut(derived).navigation.push(up);
    model.add_entity_set("all", base, Acts::default());
    let written = csdl::xml(&model, &Options::new(Version::V40));
    insta::assert_snapshot!(written, @r#"
    <?xml version="1.0" encoding="utf-8"?>
    <edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
      <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml">
        <edmx:Include Namespace="Org.OData.Core.V1"/>
      </edmx:Reference>
      <edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml">
        <edmx:Include Namespace="Org.OData.Capabilities.V1"/>
      </edmx:Reference>
      <edmx:DataServices>
        <Schema Namespace="ns" Alias="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
          <EntityType Name="base" Abstract="true">
            <Key>
              <PropertyRef Name="id"/>
            </Key>
            <Property Name="id" Type="Edm.String" Nullable="false" MaxLength="9"/>
          </EntityType>
          <EntityType Name="derived" BaseType="ns.base">
            <Property Name="money" Type="Edm.Decimal" Scale="variable"/>
            <Property Name="tags" Type="Collection(Edm.String)" Nullable="false"/>
            <NavigationProperty Name="up" Type="ns.base" Nullable="false" Partner="down">
              <ReferentialConstraint Property="money" ReferencedProperty="id"/>
            </NavigationProperty>
          </EntityType>
          <EntityContainer Name="Container">
            <EntitySet Name="all" EntityType="ns.base"/>
          </EntityContainer>
        </Schema>
      </edmx:DataServices>
    </edmx:Edmx>
    "#);
}

#[test]
fn the_service_is_described() {
    let options = Options {
        protocol: Some("4.0 4.01".to_owned()),
        conformance: Some(Conformance::Intermediate),
        filter_functions: vec!["contains".to_owned(), "now".to_owned()],
        supports: vec!["BatchSupported".to_owned()],
        ..Options::new(Version::V401)
    };
    let written = csdl::xml(&shop::MODEL, &options);
    let (_, said) = written.split_once("<ActionImport").unwrap();
    insta::assert_snapshot!(said, @r#"
 Name="CloseShop" Action="Example.Shop.CloseShop"/>
        <Annotation Term="Org.OData.Core.V1.ODataVersions" String="4.0 4.01"/>
        <Annotation Term="Org.OData.Capabilities.V1.ConformanceLevel" EnumMember="Org.OData.Capabilities.V1.ConformanceLevelType/Intermediate"/>
        <Annotation Term="Org.OData.Capabilities.V1.BatchSupported" Bool="true"/>
        <Annotation Term="Org.OData.Capabilities.V1.FilterFunctions">
          <Collection>
            <String>contains</String>
            <String>now</String>
          </Collection>
        </Annotation>
      </EntityContainer>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
    "#);
    let json = csdl::json(&shop::MODEL, &options);
    let container = &json["Example.Shop"]["Container"];
    assert_eq!(container["@Org.OData.Core.V1.ODataVersions"], "4.0 4.01");
    assert_eq!(container["@Org.OData.Capabilities.V1.ConformanceLevel"], "Intermediate");
    assert_eq!(container["@Org.OData.Capabilities.V1.BatchSupported"], true);
    assert_eq!(container["@Org.OData.Capabilities.V1.FilterFunctions"][1], "now");
}

/// What the specification of CSDL JSON gives as the form of each element.
#[test]
fn json_says_the_same() {
    let json = csdl::json(&shop::MODEL, &options());
    assert_eq!(json["$Version"], "4.01");
    assert_eq!(json["$EntityContainer"], "Example.Shop.Container");
    let at = |path: &str| json.pointer(path).map_or_else(|| "nothing".to_owned(), Value::to_string);
    demo::compare(
        &[
            ("/Example.Shop/$Alias", r#""Shop""#),
            ("/Example.Shop/Color", r#"{"$Kind":"EnumType","Red":0,"Green":1,"Blue":2,"Black":10}"#),
            (
                "/Example.Shop/Channels",
                r#"{"$Kind":"EnumType","$UnderlyingType":"Edm.Int64","$IsFlags":true,"None":0,"Web":1,"Store":2,"Phone":4,"Everywhere":7}"#,
            ),
            (
                "/Example.Shop/Money",
                r#"{"$Kind":"TypeDefinition","$UnderlyingType":"Edm.Decimal","$Precision":12,"$Scale":2}"#,
            ),
            ("/Example.Shop/Stock/$Key", r#"["Warehouse","ProductID"]"#),
            ("/Example.Shop/Gadget/$BaseType", r#""Example.Shop.Product""#),
            ("/Example.Shop/Gadget/$Key", "nothing"),
            ("/Example.Shop/Gadget/Name", "nothing"),
            ("/Example.Shop/Supplier/$OpenType", "true"),
            ("/Example.Shop/Gadget/Wireless/$DefaultValue", "false"),
            ("/Example.Shop/Product/Channels/$DefaultValue", r#""Web""#),
            ("/Example.Shop/Sample/Decimal", r#"{"$Type":"Edm.Decimal","$Nullable":true}"#),
            ("/Example.Shop/Product/ID", r#"{"$Type":"Edm.Int32"}"#),
            ("/Example.Shop/Product/Name", r#"{"$MaxLength":80}"#),
            ("/Example.Shop/Product/Description", r#"{"$Nullable":true}"#),
            ("/Example.Shop/Product/Price", r#"{"$Type":"Example.Shop.Money"}"#),
            ("/Example.Shop/Product/Ratings", r#"{"$Collection":true,"$Type":"Edm.Byte","$Nullable":true}"#),
            (
                "/Example.Shop/Product/Changed",
                r#"{"$Type":"Edm.DateTimeOffset","$Precision":3,"@Org.OData.Core.V1.Computed":true}"#,
            ),
            (
                "/Example.Shop/Product/Category",
                r#"{"$Kind":"NavigationProperty","$Type":"Example.Shop.Category","$Nullable":true,"$Partner":"Products","$ReferentialConstraint":{"CategoryID":"ID"}}"#,
            ),
            (
                "/Example.Shop/Order/Lines",
                r#"{"$Kind":"NavigationProperty","$Collection":true,"$Type":"Example.Shop.OrderLine","$ContainsTarget":true}"#,
            ),
            (
                "/Example.Shop/Product/@Org.OData.Core.V1.AlternateKeys",
                r#"[{"Key":[{"Name":"Sku","Alias":"Sku"}]}]"#,
            ),
            (
                "/Example.Shop/Cheapest",
                r#"[{"$Kind":"Function","$IsBound":true,"$EntitySetPath":"bindingParameter","$IsComposable":true,"$Parameter":[{"$Name":"bindingParameter","$Collection":true,"$Type":"Example.Shop.Product"}],"$ReturnType":{"$Type":"Example.Shop.Product","$Nullable":true}}]"#,
            ),
            ("/Example.Shop/ProductsIn/1/$Parameter/1/$Scale", "2"),
            (
                "/Example.Shop/Container/Orders",
                r#"{"$Collection":true,"$Type":"Example.Shop.Order","$NavigationPropertyBinding":{"Customer":"Customers","Lines/Product":"Products"}}"#,
            ),
            (
                "/Example.Shop/Container/Samples",
                r#"{"$Collection":true,"$Type":"Example.Shop.Sample","$IncludeInServiceDocument":false}"#,
            ),
            (
                "/Example.Shop/Container/ProductsIn",
                r#"{"$Function":"Example.Shop.ProductsIn","$EntitySet":"Products"}"#,
            ),
            ("/Example.Shop/Container/CloseShop", r#"{"$Action":"Example.Shop.CloseShop"}"#),
        ],
        at,
    );
}

#[test]
fn the_service_document_lists_what_stands_at_the_root() {
    let document = csdl::service_document(&shop::MODEL, "https://shop.example", "odata.");
    assert_eq!(document["@odata.context"], "https://shop.example/$metadata");
    let listed = document["value"].as_array().unwrap().iter().map(|element| {
        assert_eq!(element["name"], element["url"]);
        format!("{} {}", element["kind"].as_str().unwrap(), element["name"].as_str().unwrap())
    });
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            "EntitySet Products",
            "EntitySet Categories",
            "EntitySet Suppliers",
            "EntitySet Customers",
            "EntitySet Orders",
            "EntitySet Stocks",
            "Singleton Store",
            "FunctionImport StockValue",
        ]
    );
    assert!(csdl::service_document(&shop::MODEL, "", "").get("@context").is_some());
}

#[test]
fn texts_are_escaped() {
    let mut model = Model::new("ns", None);
    let mut property = Property::string("text", 9);
    property.default = Some("<a href=\"x\">&amp;\r\n\t'\u{1F600}".to_owned());
    model.add_complex("c", vec![property]);
    survives(&model);
}
