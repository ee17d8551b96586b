//! CSDL JSON out.
//!
//! In goes a model, out comes the value of `$metadata` as JSON. It says the same as CSDL XML; what is silent differs:
//! here a property is `Edm.String`, single and never null unless it says otherwise.
//! Specification: OData CSDL JSON 4.01, <https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/>.

use serde_json::{Map, Value, json};

use super::annotations::{self, Annotation, Expression, Place};
use super::xml::{BINDING, entity_set_path};
use super::{CAPABILITIES, CORE, Options};
use crate::model::{
    ComplexType, EntityType, EnumType, Facets, Model, NavigationProperty, Operation, OperationKind,
    Primitive, Property, SchemaName, Type, TypeDefinition,
};

type Object = Map<String, Value>;

/// The model as CSDL JSON 4.01.
#[must_use]
pub fn json(model: &Model, options: &Options) -> Value {
    let writer = Writer { model, options };
    let references = [CORE, CAPABILITIES].map(|namespace| {
        let uri = format!("https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{namespace}.json");
        (uri, json!({ "$Include": [{ "$Namespace": namespace }] }))
    });
    let mut document = Object::new();
    document.insert("$Version".to_owned(), json!("4.01"));
    document.insert("$Reference".to_owned(), Value::Object(references.into_iter().collect()));
    let container = writer.container();
    if container.is_some() {
        let name = format!("{}.{}", model.container.namespace, model.container.name);
        document.insert("$EntityContainer".to_owned(), Value::String(name));
    }
    for schema in &model.schemas {
        document.insert(schema.namespace.clone(), Value::Object(writer.schema(schema)));
    }
    if let (Some(container), Some(Value::Object(schema))) =
        (container, document.get_mut(&model.container.namespace))
    {
        schema.insert(model.container.name.clone(), Value::Object(container));
    }
    Value::Object(document)
}

struct Writer<'m> {
    model: &'m Model,
    options: &'m Options,
}

/// An object that says what it is.
fn kind(name: &str) -> Object {
    Object::from_iter([("$Kind".to_owned(), json!(name))])
}

/// Adds a member that is true; where it is false, its absence says so.
fn flag(object: &mut Object, name: &str, value: bool) {
    if value {
        object.insert(name.to_owned(), Value::Bool(true));
    }
}

fn some(object: &mut Object, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

fn annotate(object: &mut Object, all: Vec<Annotation>) {
    for Annotation { term, value } in all {
        object.insert(format!("@{term}"), expression(value));
    }
}

fn expression(value: Expression) -> Value {
    match value {
        Expression::Bool(value) => Value::Bool(value),
        Expression::String(text) | Expression::Property(text) | Expression::Member(_, text) => {
            Value::String(text)
        }
        Expression::Collection(values) => values.into_iter().map(expression).collect(),
        Expression::Record(members) => {
            members.into_iter().map(|(name, value)| (name.to_owned(), expression(value))).collect()
        }
    }
}

impl Writer<'_> {
    fn schema(&self, schema: &SchemaName) -> Object {
        let (model, here) = (self.model, &schema.namespace);
        let mut object = Object::new();
        some(&mut object, "$Alias", schema.alias.clone());
        let mut insert = |name: &str, value: Object| object.insert(name.to_owned(), Value::Object(value));
        for ty in model.enum_types().filter(|ty| ty.namespace == *here) {
            insert(&ty.name, enum_type(ty));
        }
        for definition in model.type_definitions.iter().filter(|ty| ty.namespace == *here) {
            insert(&definition.name, type_definition(definition));
        }
        for ty in model.complex_types().filter(|ty| ty.namespace == *here) {
            insert(&ty.name, self.complex_type(ty));
        }
        for ty in model.entity_types().filter(|ty| ty.namespace == *here) {
            insert(&ty.name, self.entity_type(ty));
        }
        for operation in model.operations.iter().filter(|operation| operation.namespace == *here) {
            let overload = Value::Object(self.operation(operation));
            // Nothing but other overloads may have the name.
            if let Value::Array(overloads) = object.entry(operation.name.clone()).or_insert_with(|| json!([]))
            {
                overloads.push(overload);
            }
        }
        object
    }

    fn complex_type(&self, ty: &ComplexType) -> Object {
        let mut object = kind("ComplexType");
        some(&mut object, "$BaseType", ty.base.map(|base| self.model.type_name(&Type::Complex(base))));
        flag(&mut object, "$Abstract", ty.is_abstract);
        flag(&mut object, "$OpenType", ty.is_open);
        let own =
            (ty.properties.iter().skip(ty.inherited), ty.navigation.iter().skip(ty.inherited_navigation));
        self.members(&mut object, own.0, own.1);
        object
    }

    fn entity_type(&self, ty: &EntityType) -> Object {
        let base = ty.base.map(|base| self.model.entity(base));
        let mut object = kind("EntityType");
        some(&mut object, "$BaseType", ty.base.map(|base| self.model.entity_name(base)));
        flag(&mut object, "$Abstract", ty.is_abstract);
        flag(&mut object, "$OpenType", ty.is_open);
        flag(&mut object, "$HasStream", ty.has_stream);
        let own_key = !ty.key.is_empty() && base.is_none_or(|base| base.key.is_empty());
        some(&mut object, "$Key", own_key.then(|| ty.key.clone()));
        let own =
            (ty.properties.iter().skip(ty.inherited), ty.navigation.iter().skip(ty.inherited_navigation));
        self.members(&mut object, own.0, own.1);
        annotate(&mut object, annotations::of_entity_type(ty, base));
        object
    }

    fn members<'a>(
        &self,
        object: &mut Object,
        properties: impl Iterator<Item = &'a Property>,
        navigation: impl Iterator<Item = &'a NavigationProperty>,
    ) {
        for property in properties {
            object.insert(property.name.clone(), Value::Object(self.property(property)));
        }
        for property in navigation {
            object.insert(property.name.clone(), Value::Object(self.navigation(property)));
        }
    }

    fn property(&self, property: &Property) -> Object {
        let mut object = Object::new();
        let definition = property.definition.as_deref();
        self.typed(&mut object, &property.ty, property.nullable, &property.facets, definition);
        some(
            &mut object,
            "$DefaultValue",
            property.default.as_deref().map(|text| default(&property.ty, text)),
        );
        annotate(&mut object, annotations::of_property(property));
        object
    }

    /// `$Type`, `$Collection`, `$Nullable` and the facets.
    fn typed(
        &self,
        object: &mut Object,
        ty: &Type,
        nullable: bool,
        facets: &Facets,
        definition: Option<&str>,
    ) {
        flag(object, "$Collection", matches!(ty, Type::Collection(_)));
        let name = definition.map_or_else(|| self.model.type_name(ty.element()), str::to_owned);
        some(object, "$Type", (name != "Edm.String").then_some(name));
        // No entity of a collection is null.
        let of_entities = matches!(ty, Type::Collection(element) if matches!(**element, Type::Entity(_)));
        flag(object, "$Nullable", nullable && !of_entities);
        let says_it = definition.and_then(|name| self.model.definition(name));
        if let Type::Primitive(primitive) = *ty.element()
            && says_it.is_none_or(|definition| definition.facets != *facets)
        {
            with_facets(object, primitive, facets);
        }
    }

    fn navigation(&self, navigation: &NavigationProperty) -> Object {
        let mut object = kind("NavigationProperty");
        flag(&mut object, "$Collection", navigation.collection);
        some(&mut object, "$Type", Some(self.model.entity_name(navigation.target)));
        flag(&mut object, "$Nullable", !navigation.collection && navigation.nullable);
        some(&mut object, "$Partner", navigation.partner.clone());
        flag(&mut object, "$ContainsTarget", navigation.contains_target);
        pairs(&mut object, "$ReferentialConstraint", &navigation.constraints);
        annotate(&mut object, annotations::of_navigation(navigation, Place::Type, self.options));
        object
    }

    fn operation(&self, operation: &Operation) -> Object {
        let mut object = kind(match operation.kind {
            OperationKind::Action => "Action",
            OperationKind::Function => "Function",
        });
        flag(&mut object, "$IsBound", operation.binding.is_some());
        some(&mut object, "$EntitySetPath", entity_set_path(operation));
        let is_function = operation.kind == OperationKind::Function;
        flag(&mut object, "$IsComposable", is_function && operation.is_composable);
        let mut parameters = Vec::new();
        let mut declare = |name: &str, ty: &Type, nullable, facets: &Facets, definition: Option<&str>| {
            let mut parameter = Object::from_iter([("$Name".to_owned(), json!(name))]);
            self.typed(&mut parameter, ty, nullable, facets, definition);
            parameters.push(Value::Object(parameter));
        };
        let unlimited = Facets::default();
        if let Some(binding) = &operation.binding {
            declare(BINDING, binding, false, &unlimited, None);
        }
        for parameter in &operation.parameters {
            let definition = parameter.definition.as_deref();
            declare(&parameter.name, &parameter.ty, parameter.nullable, &parameter.facets, definition);
        }
        some(&mut object, "$Parameter", (!parameters.is_empty()).then_some(parameters));
        if let Some(ty) = &operation.returns {
            let mut returns = Object::new();
            self.typed(&mut returns, ty, operation.returns_nullable, &unlimited, None);
            object.insert("$ReturnType".to_owned(), Value::Object(returns));
        }
        annotate(&mut object, annotations::of_operation(operation, self.options));
        object
    }

    /// A container must not be empty.
    fn container(&self) -> Option<Object> {
        let container = &self.model.container;
        if container.members.is_empty() && container.imports.is_empty() {
            return None;
        }
        let mut object = kind("EntityContainer");
        for member in &container.members {
            let mut value = Object::new();
            flag(&mut value, "$Collection", member.collection);
            some(&mut value, "$Type", Some(self.model.entity_name(member.target)));
            let unlisted = container.unlisted.contains(&member.name);
            some(&mut value, "$IncludeInServiceDocument", unlisted.then_some(false));
            pairs(&mut value, "$NavigationPropertyBinding", &member.bindings);
            annotate(&mut value, annotations::of_navigation(member, Place::Container, self.options));
            object.insert(member.name.clone(), Value::Object(value));
        }
        for import in &container.imports {
            let kind = self.model.unbound(&import.operation).next().map(|operation| operation.kind);
            let kind = if kind == Some(OperationKind::Action) { "$Action" } else { "$Function" };
            let mut value = Object::from_iter([(kind.to_owned(), json!(import.operation))]);
            some(&mut value, "$EntitySet", import.entity_set.clone());
            flag(&mut value, "$IncludeInServiceDocument", import.listed);
            object.insert(import.name.clone(), Value::Object(value));
        }
        annotate(&mut object, annotations::of_container(self.options));
        Some(object)
    }
}

/// An object with a member for each pair.
fn pairs(object: &mut Object, name: &str, pairs: &[(String, String)]) {
    let pairs: Object = pairs.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    some(object, name, (!pairs.is_empty()).then_some(pairs));
}

fn enum_type(ty: &EnumType) -> Object {
    let mut object = kind("EnumType");
    let underlying = (ty.underlying != Primitive::Int32).then(|| format!("Edm.{}", ty.underlying.name()));
    some(&mut object, "$UnderlyingType", underlying);
    flag(&mut object, "$IsFlags", ty.is_flags);
    object.extend(ty.members.iter().map(|(name, value)| (name.clone(), json!(value))));
    object
}

fn type_definition(definition: &TypeDefinition) -> Object {
    let mut object = kind("TypeDefinition");
    some(&mut object, "$UnderlyingType", Some(format!("Edm.{}", definition.underlying.name())));
    with_facets(&mut object, definition.underlying, &definition.facets);
    object
}

fn with_facets(object: &mut Object, primitive: Primitive, facets: &Facets) {
    some(object, "$MaxLength", facets.max_length);
    some(object, "$Precision", facets.precision);
    // Silence means any number of digits, other than in XML.
    some(object, "$Scale", facets.scale.filter(|_| primitive == Primitive::Decimal));
    some(object, "$SRID", facets.srid.clone());
    some(object, "$Unicode", facets.unicode);
}

/// A default value in the form that it has in JSON; what is no such value stays a text.
fn default(ty: &Type, text: &str) -> Value {
    let is_bare = matches!(ty, Type::Primitive(ty) if ty.is_numeric() || *ty == Primitive::Boolean);
    let bare = is_bare.then(|| serde_json::from_str(text).ok()).flatten();
    bare.unwrap_or_else(|| Value::String(text.to_owned()))
}
