//! CSDL XML out.
//!
//! In goes a model, out comes the text of `$metadata`. Types say only what they declare themselves; what they
//! inherit is their base type's to say. Names are written with their namespace, never with an alias.
//! Specification: OData CSDL XML 4.01, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use super::annotations::{self, Annotation, Expression, Place};
use super::element::Element;
use super::{CAPABILITIES, CORE, Options};
use crate::model::{
    ComplexType, EntityType, EnumType, Facets, Model, NavigationProperty, Operation, OperationKind,
    Primitive, Property, SchemaName, Type, TypeDefinition,
};

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";
const VOCABULARIES: &str = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies";

/// The model as CSDL XML.
#[must_use]
pub fn xml(model: &Model, options: &Options) -> String {
    let writer = Writer { model, options };
    let references = [CORE, CAPABILITIES].map(|namespace| {
        Element::new("edmx:Reference")
            .with("Uri", format!("{VOCABULARIES}/{namespace}.xml"))
            .child(Element::new("edmx:Include").with("Namespace", namespace))
    });
    Element::new("edmx:Edmx")
        .with("Version", options.version.text())
        .with("xmlns:edmx", EDMX)
        .children(references)
        .child(
            Element::new("edmx:DataServices")
                .children(model.schemas.iter().map(|schema| writer.schema(schema))),
        )
        .document()
}

struct Writer<'m> {
    model: &'m Model,
    options: &'m Options,
}

impl Writer<'_> {
    fn schema(&self, schema: &SchemaName) -> Element {
        let (model, here) = (self.model, &schema.namespace);
        let enums = model.enum_types().filter(|ty| ty.namespace == *here).map(enum_type);
        let definitions = model.type_definitions.iter().filter(|ty| ty.namespace == *here).map(definition);
        let complex = model.complex_types().filter(|ty| ty.namespace == *here);
        let entities = model.entity_types().filter(|ty| ty.namespace == *here);
        let operations = model.operations.iter().filter(|operation| operation.namespace == *here);
        Element::new("Schema")
            .with("Namespace", here)
            .with_some("Alias", schema.alias.as_ref())
            .with("xmlns", EDM)
            .children(enums)
            .children(definitions)
            .children(complex.map(|ty| self.complex_type(ty)))
            .children(entities.map(|ty| self.entity_type(ty)))
            .children(operations.map(|operation| self.operation(operation)))
            .children((model.container.namespace == *here).then(|| self.container()).flatten())
    }

    fn complex_type(&self, ty: &ComplexType) -> Element {
        let base = ty.base.map(|base| self.model.type_name(&Type::Complex(base)));
        Element::new("ComplexType")
            .with("Name", &ty.name)
            .with_some("BaseType", base)
            .with_flag("Abstract", ty.is_abstract)
            .with_flag("OpenType", ty.is_open)
            .children(ty.properties.iter().skip(ty.inherited).map(|property| self.property(property)))
            .children(
                ty.navigation.iter().skip(ty.inherited_navigation).map(|property| self.navigation(property)),
            )
    }

    fn entity_type(&self, ty: &EntityType) -> Element {
        let base = ty.base.map(|base| self.model.entity(base));
        let own_key = !ty.key.is_empty() && base.is_none_or(|base| base.key.is_empty());
        let key = own_key.then(|| {
            Element::new("Key")
                .children(ty.key.iter().map(|name| Element::new("PropertyRef").with("Name", name)))
        });
        Element::new("EntityType")
            .with("Name", &ty.name)
            .with_some("BaseType", ty.base.map(|base| self.model.entity_name(base)))
            .with_flag("Abstract", ty.is_abstract)
            .with_flag("OpenType", ty.is_open)
            .with_flag("HasStream", ty.has_stream)
            .children(key)
            .children(ty.properties.iter().skip(ty.inherited).map(|property| self.property(property)))
            .children(
                ty.navigation.iter().skip(ty.inherited_navigation).map(|property| self.navigation(property)),
            )
            .children(annotations::of_entity_type(ty, base).iter().map(annotation))
    }

    fn property(&self, property: &Property) -> Element {
        // Of a collection nothing may be concluded from silence (CSDL 4.01 §7.2.1).
        let nullable = match (&property.ty, property.nullable) {
            (Type::Collection(_), nullable) => Some(nullable),
            (_, true) => None,
            (_, false) => Some(false),
        };
        let element = Element::new("Property")
            .with("Name", &property.name)
            .with("Type", self.type_name(&property.ty, property.definition.as_deref()))
            .with_some("Nullable", nullable);
        self.facets(element, &property.ty, &property.facets, property.definition.as_deref())
            .with_some("DefaultValue", property.default.as_ref())
            .children(annotations::of_property(property).iter().map(annotation))
    }

    fn type_name(&self, ty: &Type, definition: Option<&str>) -> String {
        match (ty, definition) {
            (Type::Collection(_), Some(name)) => format!("Collection({name})"),
            (_, Some(name)) => name.to_owned(),
            (_, None) => self.model.type_name(ty),
        }
    }

    /// Facets that the type definition does not say already.
    fn facets(&self, element: Element, ty: &Type, facets: &Facets, definition: Option<&str>) -> Element {
        let Type::Primitive(primitive) = *ty.element() else { return element };
        match definition.and_then(|name| self.model.definition(name)) {
            Some(definition) if definition.facets == *facets => element,
            _ => with_facets(element, primitive, facets),
        }
    }

    fn navigation(&self, navigation: &NavigationProperty) -> Element {
        let to_one = !navigation.collection;
        let constraints = navigation.constraints.iter().map(|(property, referenced)| {
            Element::new("ReferentialConstraint")
                .with("Property", property)
                .with("ReferencedProperty", referenced)
        });
        Element::new("NavigationProperty")
            .with("Name", &navigation.name)
            .with("Type", self.target(navigation))
            .with_some("Nullable", (to_one && !navigation.nullable).then_some(false))
            .with_some("Partner", navigation.partner.as_ref())
            .with_flag("ContainsTarget", navigation.contains_target)
            .children(constraints)
            .children(
                annotations::of_navigation(navigation, Place::Type, self.options).iter().map(annotation),
            )
    }

    fn target(&self, navigation: &NavigationProperty) -> String {
        let target = self.model.entity_name(navigation.target);
        if navigation.collection { format!("Collection({target})") } else { target }
    }

    fn operation(&self, operation: &Operation) -> Element {
        let (name, is_function) = match operation.kind {
            OperationKind::Action => ("Action", false),
            OperationKind::Function => ("Function", true),
        };
        let binding = operation.binding.as_ref().map(|ty| {
            let to_one = !matches!(ty, Type::Collection(_));
            Element::new("Parameter")
                .with("Name", BINDING)
                .with("Type", self.model.type_name(ty))
                .with_some("Nullable", to_one.then_some(false))
        });
        let parameters = operation.parameters.iter().map(|parameter| {
            let definition = parameter.definition.as_deref();
            let element = Element::new("Parameter")
                .with("Name", &parameter.name)
                .with("Type", self.type_name(&parameter.ty, definition))
                .with_some("Nullable", (!parameter.nullable).then_some(false));
            self.facets(element, &parameter.ty, &parameter.facets, definition)
        });
        let returns = operation.returns.as_ref().map(|ty| {
            let element = Element::new("ReturnType")
                .with("Type", self.model.type_name(ty))
                .with_some("Nullable", (!operation.returns_nullable).then_some(false));
            let unlimited = Facets::default();
            self.facets(element, ty, &unlimited, None)
        });
        Element::new(name)
            .with("Name", &operation.name)
            .with_flag("IsBound", operation.binding.is_some())
            .with_some("EntitySetPath", entity_set_path(operation))
            .with_flag("IsComposable", is_function && operation.is_composable)
            .children(binding)
            .children(parameters)
            .children(returns)
            .children(annotations::of_operation(operation, self.options).iter().map(annotation))
    }

    /// A container must not be empty.
    fn container(&self) -> Option<Element> {
        let container = &self.model.container;
        if container.members.is_empty() && container.imports.is_empty() {
            return None;
        }
        let members = container.members.iter().map(|member| {
            let target = self.model.entity_name(member.target);
            let element = if member.collection {
                let element = Element::new("EntitySet").with("Name", &member.name).with("EntityType", target);
                let unlisted = container.unlisted.contains(&member.name);
                element.with_some("IncludeInServiceDocument", unlisted.then_some(false))
            } else {
                Element::new("Singleton").with("Name", &member.name).with("Type", target)
            };
            let bindings = member.bindings.iter().map(|(path, target)| {
                Element::new("NavigationPropertyBinding").with("Path", path).with("Target", target)
            });
            let acts = annotations::of_navigation(member, Place::Container, self.options);
            element.children(bindings).children(acts.iter().map(annotation))
        });
        let imports = container.imports.iter().map(|import| {
            let kind = self.model.unbound(&import.operation).next().map(|operation| operation.kind);
            let (element, operation) = match kind {
                Some(OperationKind::Action) => ("ActionImport", "Action"),
                _ => ("FunctionImport", "Function"),
            };
            Element::new(element)
                .with("Name", &import.name)
                .with(operation, &import.operation)
                .with_some("EntitySet", import.entity_set.as_ref())
                .with_flag("IncludeInServiceDocument", import.listed)
        });
        let container = Element::new("EntityContainer")
            .with("Name", &container.name)
            .children(members)
            .children(imports)
            .children(annotations::of_container(self.options).iter().map(annotation));
        Some(container)
    }
}

/// The name of the first parameter of bound operations.
pub(super) const BINDING: &str = "bindingParameter";

/// `bindingParameter/Items`
pub(super) fn entity_set_path(operation: &Operation) -> Option<String> {
    operation.binding.as_ref()?;
    operation
        .entity_set_path
        .as_ref()
        .map(|path| if path.is_empty() { BINDING.to_owned() } else { format!("{BINDING}/{path}") })
}

fn enum_type(ty: &EnumType) -> Element {
    let underlying = (ty.underlying != Primitive::Int32).then(|| format!("Edm.{}", ty.underlying.name()));
    let members = ty
        .members
        .iter()
        .map(|(name, value)| Element::new("Member").with("Name", name).with("Value", value.to_string()));
    Element::new("EnumType")
        .with("Name", &ty.name)
        .with_some("UnderlyingType", underlying)
        .with_flag("IsFlags", ty.is_flags)
        .children(members)
}

fn definition(definition: &TypeDefinition) -> Element {
    let element = Element::new("TypeDefinition")
        .with("Name", &definition.name)
        .with("UnderlyingType", format!("Edm.{}", definition.underlying.name()));
    with_facets(element, definition.underlying, &definition.facets)
}

fn with_facets(element: Element, primitive: Primitive, facets: &Facets) -> Element {
    // Silence would mean that there are no digits behind the point (CSDL 4.01 §7.2.4).
    let scale = (primitive == Primitive::Decimal)
        .then(|| facets.scale.map_or_else(|| "variable".to_owned(), |digits| digits.to_string()));
    element
        .with_some("MaxLength", facets.max_length)
        .with_some("Precision", facets.precision)
        .with_some("Scale", scale)
        .with_some("SRID", facets.srid.as_ref())
        .with_some("Unicode", facets.unicode)
}

fn annotation(annotation: &Annotation) -> Element {
    expression(Element::new("Annotation").with("Term", &annotation.term), &annotation.value)
}

/// The value as an attribute of the element, or else as its child.
fn expression(element: Element, value: &Expression) -> Element {
    match value {
        Expression::Bool(value) => element.with("Bool", value.to_string()),
        Expression::String(text) => element.with("String", text),
        Expression::Member(ty, member) => element.with("EnumMember", format!("{ty}/{member}")),
        Expression::Property(path) => element.with("PropertyPath", path),
        Expression::Collection(values) => {
            element.child(Element::new("Collection").children(values.iter().map(within_collection)))
        }
        Expression::Record(_) => element.child(within_collection(value)),
    }
}

/// A record; inside a collection CSDL XML has an element for each kind of value, with the value as its text. Only
/// texts and records are needed.
fn within_collection(value: &Expression) -> Element {
    match value {
        Expression::Record(members) => {
            let values = members.iter().map(|(name, value)| {
                expression(Element::new("PropertyValue").with("Property", *name), value)
            });
            Element::new("Record").children(values)
        }
        Expression::String(text) => Element::new("String").text(text),
        other => expression(Element::new("Collection"), other),
    }
}
