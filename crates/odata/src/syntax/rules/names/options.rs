//! Query options: what may be selected, expanded and named.
//!
//! Specification: OData 4.01 ABNF, section 2 "Query Options".

use crate::error::Error;

use super::{FUNCTIONS, Kind, Names, PROPERTIES, advance, misplaced, push, slashed};
use crate::syntax::ast::{ExpandForm, ExpandItem, Name, Options, SelectForm, SelectItem, SystemOption};

/// What may follow a path in `$select`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    /// A type: something must follow.
    Type,
    /// A primitive property, a navigation property or an operation: nothing may follow.
    Whole,
    /// A function: its parameter names may follow.
    Function,
    /// A collection of primitive values: options may follow, but these cannot select.
    Values,
    /// A complex value: anything may follow.
    Complex,
    /// A complex value behind a cast, which is not repeated.
    CastComplex,
}

/// What may follow a path in `$expand`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expanded {
    /// A complex value or a type: something must follow.
    Way,
    /// A navigation property.
    Entities,
    /// A navigation property behind a cast, which is not repeated.
    CastEntities,
    /// A stream property or `$value`: nothing may follow.
    Whole,
    /// `*`
    Star,
}

impl Names<'_> {
    /// Checks the names in options.
    pub fn options(&self, options: &Options) -> Result<(), Error> {
        options.filter.iter().try_for_each(|filter| self.expr(filter))?;
        options.orderby.iter().try_for_each(|item| self.expr(&item.expr))?;
        for item in &options.compute {
            self.expr(&item.expr)?;
            if !self.is("computedProperty", &item.alias) {
                return Err(misplaced(&item.alias, "the name of a computed property", item.span));
            }
        }
        options.aliases.iter().try_for_each(|(_, value)| self.expr(value))?;
        self.transformations(&options.apply)?;
        options.select.iter().try_for_each(|item| self.select_item(item))?;
        options.expand.iter().try_for_each(|item| self.expand_item(item))
    }

    fn select_item(&self, item: &SelectItem) -> Result<(), Error> {
        let wrong = || misplaced(&slashed(&item.path), "a property or operation to select", item.span);
        item.options.iter().try_for_each(|options| self.options(options))?;
        match &item.form {
            SelectForm::Everything => return Ok(()),
            SelectForm::Operations => {
                let is_namespace = matches!(item.path.as_slice(), [name] if self.is_namespace(&name.text));
                return if is_namespace { Ok(()) } else { Err(wrong()) };
            }
            SelectForm::Named | SelectForm::Overload(_) => {}
        }
        let Some((first, others)) = item.path.split_first() else { return Err(wrong()) };
        let mut places = self.selected(&first.text);
        if self.is_entity_type(&first.text) || self.is_complex_type(&first.text) {
            push(&mut places, Selected::Type);
        }
        for name in others {
            places = advance(&places, |place| self.select_below(place, &name.text));
        }
        let is_whole = |place: &Selected| match (&item.form, &item.options) {
            (SelectForm::Overload(parameters), _) => {
                *place == Selected::Function
                    && parameters.iter().all(|name| self.is("parameterName", &name.text))
            }
            (_, None) => *place != Selected::Type,
            (_, Some(options)) => match place {
                Selected::Complex | Selected::CastComplex => true,
                Selected::Values => only_values(options),
                Selected::Type | Selected::Whole | Selected::Function => false,
            },
        };
        if places.iter().any(is_whole) { Ok(()) } else { Err(wrong()) }
    }

    /// `selectProperty` and the names of operations.
    fn selected(&self, name: &str) -> Vec<Selected> {
        let mut places = self.selected_property(name);
        if self.is_qualified("action", name) {
            push(&mut places, Selected::Whole);
        }
        if !self.qualified_kinds(FUNCTIONS, name).is_empty() {
            push(&mut places, Selected::Function);
        }
        places
    }

    fn selected_property(&self, name: &str) -> Vec<Selected> {
        let mut places = advance(&self.kinds(PROPERTIES, name), |kind| {
            match kind {
                Kind::EntityCol | Kind::Entity | Kind::Primitive => vec![Selected::Whole],
                Kind::PrimitiveCol => vec![Selected::Values],
                Kind::ComplexCol | Kind::Complex => vec![Selected::Complex],
                // The text of the specification lets streams be selected; the grammar does not.
                Kind::Stream => Vec::new(),
            }
        });
        for (rule, place) in [
            ("primitiveAnnotationInQuery", Selected::Whole),
            ("primitiveColAnnotationInQuery", Selected::Values),
            ("complexAnnotationInQuery", Selected::Complex),
        ] {
            if self.is_annotation(rule, name) {
                push(&mut places, place);
            }
        }
        places
    }

    fn select_below(&self, place: Selected, name: &str) -> Vec<Selected> {
        match place {
            Selected::Type => self.selected(name),
            Selected::Complex => {
                let mut places = self.selected_property(name);
                if self.is_complex_type(name) {
                    push(&mut places, Selected::CastComplex);
                }
                places
            }
            Selected::CastComplex => self.selected_property(name),
            Selected::Whole | Selected::Function | Selected::Values => Vec::new(),
        }
    }

    fn expand_item(&self, item: &ExpandItem) -> Result<(), Error> {
        let wrong = || misplaced(&slashed(&item.path), "a navigation property to expand", item.span);
        item.options.iter().try_for_each(|options| self.options(options))?;
        let Some((first, others)) = item.path.split_first() else { return Err(wrong()) };
        let mut places = self.expanded(&first.text);
        if self.is_entity_type(&first.text) {
            push(&mut places, Expanded::Way);
        }
        if first.text == "$value" {
            push(&mut places, Expanded::Whole);
        }
        for Name { text, .. } in others {
            places = advance(&places, |place| match place {
                Expanded::Way => self.expanded(text),
                Expanded::Entities if self.is_entity_type(text) => vec![Expanded::CastEntities],
                Expanded::Entities | Expanded::CastEntities | Expanded::Whole | Expanded::Star => Vec::new(),
            });
        }
        let is_whole = |place: &Expanded| match place {
            Expanded::Way => false,
            Expanded::Entities | Expanded::CastEntities => true,
            Expanded::Whole => item.form == ExpandForm::Entities && item.options.is_none(),
            Expanded::Star => item.form != ExpandForm::Count,
        };
        if places.iter().any(is_whole) { Ok(()) } else { Err(wrong()) }
    }

    /// `expandPath`
    fn expanded(&self, name: &str) -> Vec<Expanded> {
        if name == "*" {
            return vec![Expanded::Star];
        }
        let mut places = advance(&self.kinds(PROPERTIES, name), |kind| match kind {
            Kind::EntityCol | Kind::Entity => vec![Expanded::Entities],
            Kind::ComplexCol | Kind::Complex => vec![Expanded::Way],
            Kind::Stream => vec![Expanded::Whole],
            Kind::PrimitiveCol | Kind::Primitive => Vec::new(),
        });
        if self.is_complex_type(name) || self.is_annotation("complexAnnotationInQuery", name) {
            push(&mut places, Expanded::Way);
        }
        if self.is_annotation("entityAnnotationInQuery", name) {
            push(&mut places, Expanded::Entities);
        }
        places
    }
}

/// Whether the options suit a collection of primitive values.
fn only_values(options: &Options) -> bool {
    let shapes = |option| matches!(option, SystemOption::Compute | SystemOption::Select);
    options.aliases.is_empty() && !options.given.iter().any(|given| shapes(given.option))
}
