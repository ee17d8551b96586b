//! What a resource path addresses: a walk from the service root.

use super::Expr;
use crate::model::{EntityTypeId, NavigationProperty, Operation, Parameter, Property, Type};
use crate::value::Value;

/// What a resource path addresses.
#[derive(Debug, Clone)]
pub struct Resource<'m> {
    /// From the service root on; the first is to an entity set or a singleton.
    pub steps: Vec<Step<'m>>,
    /// What stands at the end of the path.
    pub ending: Ending<'m>,
    /// The parameters of a function at the end, in the order of its declaration.
    pub arguments: Vec<(&'m Parameter, Value)>,
}

/// What stands at the end of a resource path.
#[derive(Debug, Clone)]
pub enum Ending<'m> {
    /// The last step itself.
    Plain,
    /// `/$count`.
    Count,
    /// `/$ref`.
    References,
    /// A structural property of the last step's instance, through complex ones; `raw` for its `/$value`.
    Property {
        /// From the instance on.
        path: Vec<&'m Property>,
        /// Its bare value is wanted.
        raw: bool,
    },
    /// An action or a function bound to the last step.
    Operation(&'m Operation),
}

/// From an instance to others.
#[derive(Debug, Clone)]
pub struct Step<'m> {
    /// Complex properties that the way leads through.
    pub within: Vec<&'m Property>,
    /// To what.
    pub to: Target<'m>,
    /// The type of what is reached: of one member, where it is a collection.
    pub ty: Type,
    /// The type was named in the path and is narrower than the declared one.
    pub is_cast: bool,
    /// The key's values in the order of the key's properties; empty where none was given.
    pub key: Vec<(&'m Property, Value)>,
    /// Types that complex properties behind it were narrowed to in the path, and behind how many properties.
    pub casts: Vec<(usize, Type)>,
    /// `$filter(…)` in the path, and what casts ask; it speaks of variable 0.
    pub filter: Option<Box<Expr<'m>>>,
}

/// What a step leads to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'m> {
    /// Other entities.
    Navigation(&'m NavigationProperty),
    /// The members of a collection-valued structural property.
    Members(&'m Property),
}

impl<'m> Resource<'m> {
    /// The type of the instance or instances that the last step leads to.
    #[must_use]
    pub fn ty(&self) -> Option<&Type> {
        self.steps.last().map(|step| &step.ty)
    }

    /// The entity type of what the last step leads to; nothing where it leads to members that are no entities.
    #[must_use]
    pub fn entity_type(&self) -> Option<EntityTypeId> {
        match self.ty() {
            Some(Type::Entity(id)) => Some(*id),
            _ => None,
        }
    }

    /// Whether the last step is a collection (without a key) rather than one instance.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        self.steps.last().is_some_and(Step::is_collection)
    }

    /// Whether the answer is a list: of a collection, and not its number or a value of it.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.is_collection() && matches!(self.ending, Ending::Plain | Ending::References)
    }

    /// The last navigation property.
    #[must_use]
    pub fn navigation(&self) -> Option<&'m NavigationProperty> {
        self.steps.iter().rev().find_map(Step::navigation)
    }

    /// The key of the last step, where it is a single text.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.steps.last().and_then(Step::text_key)
    }

    /// The key of the entity that owns the last step's collection, where it is a single text.
    #[must_use]
    pub fn owner_key(&self) -> Option<&str> {
        self.steps.iter().rev().nth(1).and_then(Step::text_key)
    }

    /// The path's template as Intune's errors print it: `~/singleton/navigation/key/action`.
    #[must_use]
    pub fn template(&self) -> String {
        let mut template = "~".to_owned();
        for (index, step) in self.steps.iter().enumerate() {
            template.push_str(match (index, step.to) {
                (0, Target::Navigation(NavigationProperty { collection: false, .. })) => "/singleton",
                (0, _) => "/entityset",
                (_, Target::Navigation(_)) => "/navigation",
                (_, Target::Members(_)) => "/property",
            });
            if !step.key.is_empty() {
                template.push_str("/key");
            }
            if step.is_cast {
                template.push_str("/cast");
            }
        }
        match &self.ending {
            Ending::Plain => {}
            Ending::Count => template.push_str("/$count"),
            Ending::References => template.push_str("/$ref"),
            Ending::Property { path, raw } => {
                path.iter().for_each(|_| template.push_str("/property"));
                template.push_str(if *raw { "/$value" } else { "" });
            }
            Ending::Operation(_) => template.push_str("/action"),
        }
        template
    }

    /// The path in canonical form, keys in parentheses, without the last key, casts and the ending: what a context URL
    /// shows after `#`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut path = self.owner_path();
        if let Some(last) = self.steps.last() {
            last.names(&mut path);
        }
        path
    }

    /// The path to the instance that owns the last step, with its key and a slash at the end; empty for the root.
    #[must_use]
    pub fn owner_path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().take(self.steps.len().saturating_sub(1)) {
            step.names(&mut path);
            if !step.key.is_empty() {
                path.push_str(&step.key_predicate());
            }
            path.push('/');
        }
        path
    }
}

impl<'m> Step<'m> {
    /// A step along a navigation property, to all that is behind it.
    #[must_use]
    pub fn along(navigation: &'m NavigationProperty) -> Self {
        Self {
            within: Vec::new(),
            to: Target::Navigation(navigation),
            ty: Type::Entity(navigation.target),
            is_cast: false,
            key: Vec::new(),
            casts: Vec::new(),
            filter: None,
        }
    }

    /// A step to the members of a collection property.
    #[must_use]
    pub fn into_members(within: Vec<&'m Property>, property: &'m Property) -> Self {
        Self {
            within,
            to: Target::Members(property),
            ty: property.ty.element().clone(),
            is_cast: false,
            key: Vec::new(),
            casts: Vec::new(),
            filter: None,
        }
    }

    /// The navigation property, where it is one.
    #[must_use]
    pub fn navigation(&self) -> Option<&'m NavigationProperty> {
        match self.to {
            Target::Navigation(navigation) => Some(navigation),
            Target::Members(_) => None,
        }
    }

    /// Whether it means any number of instances rather than one.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        match self.to {
            Target::Navigation(navigation) => navigation.collection && self.key.is_empty(),
            Target::Members(_) => true,
        }
    }

    /// The type that the complex property behind it at the end of so many was narrowed to.
    #[must_use]
    pub fn narrowed(&self, depth: usize) -> Option<&Type> {
        self.casts.last().filter(|(place, _)| *place == depth).map(|(_, ty)| ty)
    }

    /// Its name in a path.
    #[must_use]
    pub fn name(&self) -> &'m str {
        match self.to {
            Target::Navigation(navigation) => &navigation.name,
            Target::Members(property) => &property.name,
        }
    }

    /// The key as a path shows it.
    #[must_use]
    pub fn key_predicate(&self) -> String {
        let values: Vec<&Value> = self.key.iter().map(|(_, value)| value).collect();
        key_predicate(self.key.iter().map(|(property, _)| *property), &values)
    }

    fn names(&self, path: &mut String) {
        for property in &self.within {
            path.push_str(&property.name);
            path.push('/');
        }
        path.push_str(self.name());
    }

    fn text_key(&self) -> Option<&str> {
        match self.key.as_slice() {
            [(_, Value::String(text))] => Some(text),
            _ => None,
        }
    }
}

/// A key in parentheses, as a path shows it: `('x')`, `(a=1,b='x')`.
#[must_use]
pub fn key_predicate<'m>(properties: impl Iterator<Item = &'m Property>, values: &[&Value]) -> String {
    if let [value] = values {
        return format!("({value})");
    }
    let pairs = properties.zip(values).map(|(property, value)| format!("{}={value}", property.name));
    format!("({})", pairs.collect::<Vec<_>>().join(","))
}
