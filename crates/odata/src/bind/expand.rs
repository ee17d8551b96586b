//! `$expand` → the navigation properties that are written inside their owners.
//!
//! Specification: OData URL Conventions 4.01 §5.1.3.

use super::options::Scope;
use super::select::is_star;
use crate::error::{Error, Span};
use crate::model::{EntityTypeId, NavigationProperty, Type};
use crate::query::{Expansion, Shape};
use crate::syntax::SystemOption;
use crate::syntax::ast::{ExpandForm, ExpandItem, Levels, Options};

/// The most navigation properties that one request may expand, all levels together.
const MAX_EXPANSIONS: usize = 128;
/// How deep `$levels=max` goes.
const MAX_LEVELS: u64 = 8;

impl<'m> Scope<'_, 'm> {
    pub(super) fn expansion(
        &self,
        ty: EntityTypeId,
        item: &ExpandItem,
        expand: &mut Vec<Expansion<'m>>,
    ) -> Result<(), Error> {
        let none = Options::default();
        let options = item.options.as_deref().unwrap_or(&none);
        let is_expanded = |navigation: &NavigationProperty| {
            expand.iter().any(|other| other.navigation.name == navigation.name)
        };
        let (of, found, narrower) = if is_star(item) {
            let all = self.model.entity(ty).navigation.iter();
            (None, all.filter(|navigation| !is_expanded(navigation)).collect(), None)
        } else {
            let (of, navigation, narrower) = self.expand_path(ty, item)?;
            if is_expanded(navigation) {
                return Err(Error::invalid(format!("'{}' is expanded more than once.", navigation.name))
                    .at(item.span));
            }
            (of, vec![navigation], narrower)
        };
        for navigation in found {
            let levels = match options.levels {
                None => 1,
                Some(Levels::Max) => MAX_LEVELS,
                Some(Levels::Exactly(levels)) if levels <= MAX_LEVELS => levels,
                Some(Levels::Exactly(_)) => {
                    return Err(Error::too_complex(format_args!(
                        "it expands more than {MAX_LEVELS} levels deep"
                    ))
                    .at(item.span));
                }
            };
            let target = narrower.unwrap_or(navigation.target);
            expand.push(self.expand(navigation, of, target, item.form, options, levels, item.span)?);
        }
        Ok(())
    }

    /// `[type/]navigation[/type]`
    fn expand_path(
        &self,
        ty: EntityTypeId,
        item: &ExpandItem,
    ) -> Result<(Option<EntityTypeId>, &'m NavigationProperty, Option<EntityTypeId>), Error> {
        let mut owner = ty;
        let mut found: Option<&'m NavigationProperty> = None;
        let mut narrower = None;
        for name in &item.path {
            if self.model.unqualified(&name.text).is_some() {
                let base = found.map_or(owner, |navigation| navigation.target);
                let Some(Type::Entity(cast)) = self.model.find_type(&name.text) else {
                    return Err(self.no_property(&Type::Entity(base), name));
                };
                if !self.model.is_entity(cast, base) {
                    return Err(self.no_property(&Type::Entity(base), name));
                }
                if found.is_some() {
                    narrower = Some(cast);
                } else {
                    owner = cast;
                }
                continue;
            }
            let declared = self.model.entity(owner);
            match declared.navigation_property(&name.text) {
                Some(navigation) if found.is_none() => found = Some(navigation),
                _ if found.is_some()
                    || (item.path.len() > 1 && declared.property(&name.text).is_some())
                    || name.text == "$value" =>
                {
                    return Err(Error::unsupported("A path of several segments inside $expand").at(item.span));
                }
                _ => return Err(self.no_property(&Type::Entity(owner), name)),
            }
        }
        let navigation =
            found.ok_or_else(|| Error::invalid("A type alone cannot be expanded.").at(item.span))?;
        Ok(((owner != ty).then_some(owner), navigation, narrower))
    }

    #[expect(clippy::too_many_arguments, reason = "one item of $expand in its parts")]
    fn expand(
        &self,
        navigation: &'m NavigationProperty,
        of: Option<EntityTypeId>,
        target: EntityTypeId,
        form: ExpandForm,
        options: &Options,
        levels: u64,
        span: Span,
    ) -> Result<Expansion<'m>, Error> {
        let expanded = self.expanded.get() + 1;
        self.expanded.set(expanded);
        if expanded > MAX_EXPANSIONS {
            return Err(Error::too_complex(format_args!(
                "it expands more than {MAX_EXPANSIONS} navigation properties"
            ))
            .at(span));
        }
        if !navigation.collection && form == ExpandForm::Count {
            return Err(
                Error::invalid(format!("'{}' is no collection; it has no $count.", navigation.name)).at(span)
            );
        }
        if !navigation.collection
            && let Some(given) = options.given.iter().find(|given| !suits_one(given.option))
        {
            return Err(Error::invalid(format!(
                "The query option '{}' can be applied to collections only.",
                given.spelling
            ))
            .at(span));
        }
        if let Some(one) = options.apply.first() {
            return Err(Error::unsupported("'$apply' inside $expand").at(one.span));
        }
        // Aliases may be given in the parentheses too, and hide those of the request there.
        let outer = self.aliases.iter().filter(|(name, _)| options.alias(name).is_none());
        let aliases: Vec<_> = options.aliases.iter().chain(outer).cloned().collect();
        let scope = Scope { aliases: &aliases, nested: true, ..*self };
        let mut own = options.clone();
        own.levels = None;
        own.given.retain(|given| given.option != SystemOption::Levels);
        let mut listing = scope.listing(&Type::Entity(target), &own)?;
        if form != ExpandForm::Entities {
            listing.shape = Shape::empty(Type::Entity(target));
        }
        if levels > 1
            && let Some(next) = self.model.entity(target).navigation_property(&navigation.name)
        {
            let below = scope.expand(next, None, next.target, form, options, levels - 1, span)?;
            listing.shape.expand.push(below);
        }
        let options = Options { aliases: aliases.clone(), ..own }.to_query();
        Ok(Expansion { navigation, of, form, listing, options })
    }
}

/// Options that mean something inside the expansion of a single entity.
fn suits_one(option: SystemOption) -> bool {
    matches!(
        option,
        SystemOption::Select | SystemOption::Expand | SystemOption::Levels | SystemOption::Compute
    )
}
