//! Resource paths: which segment may follow which.
//!
//! Specification: OData 4.01 ABNF, section 1 "Resource Path".

use crate::error::Error;

use super::{
    FUNCTION_IMPORTS, FUNCTIONS, Kind, Names, PROPERTIES, advance, inside, inside_last, misplaced, push,
};
use crate::syntax::ast::{Argument, ExprKind, Path, Root, Segment, Step};

/// What may follow a path, by what it stands for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Something of this kind.
    Of(Kind),
    /// The same behind a type cast, which is not repeated.
    Cast(Kind),
    /// An entity by key segments, of which there may be more.
    Keyed,
    /// `$query` only.
    Query,
    /// A type only: behind `$all`.
    All,
    /// An operation only: behind `$each`.
    Each,
    /// Nothing.
    End,
}

impl Names<'_> {
    /// Checks a resource path.
    pub fn path(&self, path: &[Segment]) -> Result<(), Error> {
        let Some((first, others)) = path.split_first() else {
            return Err(Error::syntax("Syntax error: expected the name of a resource but found the end."));
        };
        self.arguments_of(first)?;
        let mut places = self.first(first);
        if places.is_empty() {
            return Err(misplaced(&first.name, "the name of a resource", first.span));
        }
        for segment in others {
            self.arguments_of(segment)?;
            places = advance(&places, |place| self.after(place, segment));
            if places.is_empty() {
                return Err(misplaced(&segment.name, "what can follow the segment before", segment.span));
            }
        }
        Ok(())
    }

    /// Checks a type behind `$entity`.
    pub fn entity_type(&self, segment: &Segment) -> Result<(), Error> {
        match segment.arguments.is_none() && self.is_entity_type(&segment.name) {
            true => Ok(()),
            false => Err(misplaced(&segment.name, "the name of an entity type", segment.span)),
        }
    }

    fn arguments_of(&self, segment: &Segment) -> Result<(), Error> {
        segment.arguments.iter().chain(&segment.key).flatten().try_for_each(|argument| {
            if segment.name == "$crossjoin" { Ok(()) } else { self.expr(&argument.value) }
        })
    }

    fn first(&self, segment: &Segment) -> Vec<Place> {
        let Segment { name, arguments, key, .. } = segment;
        let mut places = Vec::new();
        match (name.as_str(), arguments) {
            ("$crossjoin", Some(sets)) if key.is_none() && !sets.is_empty() => {
                if sets.iter().all(|set| self.is_set(set)) && super::is_tight(sets, inside(segment)) {
                    places.push(Place::Query);
                }
            }
            ("$all", None) => places.push(Place::All),
            (name, None) => {
                if self.is("entitySetName", name) {
                    places.push(Place::Of(Kind::EntityCol));
                }
                if self.is("singletonEntity", name) {
                    places.push(Place::Of(Kind::Entity));
                }
                if self.is("actionImport", name) {
                    places.push(Place::End);
                }
                if !self.kinds(FUNCTION_IMPORTS, name).is_empty() {
                    places.push(Place::Query);
                }
            }
            (name, Some(key)) => {
                if segment.key.is_none()
                    && self.is("entitySetName", name)
                    && self.is_key(key, inside(segment))
                {
                    places.push(Place::Of(Kind::Entity));
                }
                self.called(segment, self.kinds(FUNCTION_IMPORTS, name), &mut places);
            }
        }
        places
    }

    fn is_set(&self, argument: &Argument) -> bool {
        match &argument.value.kind {
            ExprKind::Path(Path { root: Root::Instance, steps }) => match steps.as_slice() {
                [Step::Named(Segment { name, arguments: None, .. })] => {
                    argument.name.is_none() && self.is("entitySetName", name)
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn after(&self, place: Place, segment: &Segment) -> Vec<Place> {
        let mut places = Vec::new();
        match place {
            Place::End => {}
            Place::Query => {
                if segment.name == "$query" && segment.arguments.is_none() {
                    places.push(Place::End);
                }
            }
            Place::All => {
                if segment.arguments.is_none() && self.is_entity_type(&segment.name) {
                    places.push(Place::End);
                }
            }
            Place::Each => self.operation(segment, &mut places),
            Place::Keyed => {
                self.key_segment(segment, &mut places);
                self.below(Kind::Entity, segment, &mut places);
                self.cast(Kind::Entity, segment, &mut places);
            }
            Place::Cast(kind) => self.below(kind, segment, &mut places),
            Place::Of(kind) => {
                self.below(kind, segment, &mut places);
                self.cast(kind, segment, &mut places);
            }
        }
        places
    }

    fn cast(&self, kind: Kind, segment: &Segment, places: &mut Vec<Place>) {
        let is_type = match kind {
            Kind::EntityCol | Kind::Entity => self.is_entity_type(&segment.name),
            Kind::ComplexCol | Kind::Complex => self.is_complex_type(&segment.name),
            Kind::PrimitiveCol | Kind::Primitive | Kind::Stream => false,
        };
        if is_type {
            self.with_key(segment, kind, Place::Cast(kind), places);
        }
    }

    /// Adds the place behind a name, or behind the key in its parentheses.
    fn with_key(&self, segment: &Segment, kind: Kind, bare: Place, places: &mut Vec<Place>) {
        match &segment.arguments {
            None => push(places, bare),
            Some(key)
                if kind == Kind::EntityCol && segment.key.is_none() && self.is_key(key, inside(segment)) =>
            {
                push(places, Place::Of(Kind::Entity));
            }
            Some(_) => {}
        }
    }

    /// Adds what the segment leads to from something of this kind, other than a cast.
    fn below(&self, kind: Kind, segment: &Segment, places: &mut Vec<Place>) {
        let Segment { name, arguments, key, .. } = segment;
        let is_entity = matches!(kind, Kind::EntityCol | Kind::Entity);
        let ends = match name.as_str() {
            "$count" => kind.is_collection(),
            "$ref" => is_entity,
            "$value" => matches!(kind, Kind::Entity | Kind::Primitive),
            "$query" => kind != Kind::Stream,
            _ => matches!(kind, Kind::ComplexCol | Kind::PrimitiveCol) && is_ordinal(name),
        };
        if ends && arguments.is_none() {
            push(places, Place::End);
        }
        match (name.as_str(), arguments, key) {
            ("$each", None, None) if kind == Kind::EntityCol => push(places, Place::Each),
            ("$filter", Some(_), None) if kind == Kind::EntityCol => push(places, Place::Of(kind)),
            ("$filter", Some(_), Some(key))
                if kind == Kind::EntityCol && self.is_key(key, inside_last(key, segment.span.end)) =>
            {
                push(places, Place::Of(Kind::Entity));
            }
            _ => {}
        }
        if matches!(kind, Kind::Entity | Kind::Complex) {
            for kind in self.kinds(PROPERTIES, name) {
                self.with_key(segment, kind, Place::Of(kind), places);
            }
        }
        if kind == Kind::EntityCol {
            self.key_segment(segment, places);
        }
        self.operation(segment, places);
    }

    fn key_segment(&self, segment: &Segment, places: &mut Vec<Place>) {
        let is_word = !segment.name.starts_with('$') || self.constraints.has("keyPathLiteral");
        if segment.arguments.is_none() && is_word && self.constraints.allow("keyPathLiteral", &segment.name) {
            push(places, Place::Keyed);
        }
    }

    fn operation(&self, segment: &Segment, places: &mut Vec<Place>) {
        if segment.arguments.is_none() && self.is_qualified("action", &segment.name) {
            push(places, Place::End);
        }
        let kinds = self.qualified_kinds(FUNCTIONS, &segment.name);
        match segment.arguments {
            None if kinds.is_empty() => {}
            None => push(places, Place::Query),
            Some(_) => self.called(segment, kinds, places),
        }
    }

    /// Adds where a function with its parameters leads to, and the key behind them.
    fn called(&self, segment: &Segment, kinds: Vec<Kind>, places: &mut Vec<Place>) {
        let Some(parameters) = &segment.arguments else { return };
        if !self.are_parameters(parameters) {
            return;
        }
        for kind in kinds {
            match &segment.key {
                None => push(places, Place::Of(kind)),
                Some(key)
                    if kind == Kind::EntityCol && self.is_key(key, inside_last(key, segment.span.end)) =>
                {
                    push(places, Place::Of(Kind::Entity));
                }
                Some(_) => {}
            }
        }
    }

    /// Whether these are the parameters of a function: all have names.
    pub(super) fn are_parameters(&self, arguments: &[Argument]) -> bool {
        arguments
            .iter()
            .all(|argument| argument.name.as_deref().is_some_and(|name| self.is("parameterName", name)))
    }
}

fn is_ordinal(name: &str) -> bool {
    let digits = name.strip_prefix('-').unwrap_or(name);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
