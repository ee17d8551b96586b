//! Expressions: which step may follow which, and what functions take.
//!
//! Specification: OData 4.01 ABNF, section 4 "Expressions"; aggregation ABNF, section 3.

use crate::error::{Error, Span};

use super::{
    FUNCTION_IMPORTS, FUNCTIONS, Kind, Names, PROPERTIES, advance, inside, inside_last, misplaced,
    misplaced_expr, push,
};
use crate::syntax::ast::{
    Argument, BinaryOperator, Expr, ExprKind, Lambda, Literal, Name, Path, Root, Segment, Step, TypeName,
    Value,
};

/// What may follow a path, by what it stands for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    /// Something of this kind.
    Of(Kind),
    /// A variable, which a member may follow.
    Variable,
    /// An annotation, which may be of any kind.
    Annotation,
    /// A collection of complex values behind a cast: what any collection has.
    Collection,
    /// A complex value behind a cast.
    CastComplex,
    /// An entity or complex value behind a cast: a member must follow.
    CastMember,
    /// A collection of entities behind a cast: something must follow.
    CastCollection,
    /// Nothing may follow.
    End,
}

/// The functions of the language, with the least and most arguments they take.
const METHODS: [(&str, usize, usize); 34] = [
    ("ceiling", 1, 1),
    ("concat", 2, 2),
    ("contains", 2, 2),
    ("date", 1, 1),
    ("day", 1, 1),
    ("endswith", 2, 2),
    ("floor", 1, 1),
    ("fractionalseconds", 1, 1),
    ("geo.distance", 2, 2),
    ("geo.intersects", 2, 2),
    ("geo.length", 1, 1),
    ("hassubsequence", 2, 2),
    ("hassubset", 2, 2),
    ("hour", 1, 1),
    ("indexof", 2, 2),
    ("isdefined", 1, 1),
    ("length", 1, 1),
    ("matchespattern", 2, 2),
    ("maxdatetime", 0, 0),
    ("mindatetime", 0, 0),
    ("minute", 1, 1),
    ("month", 1, 1),
    ("now", 0, 0),
    ("round", 1, 1),
    ("second", 1, 1),
    ("startswith", 2, 2),
    ("substring", 2, 3),
    ("time", 1, 1),
    ("tolower", 1, 1),
    ("totaloffsetminutes", 1, 1),
    ("totalseconds", 1, 1),
    ("toupper", 1, 1),
    ("trim", 1, 1),
    ("year", 1, 1),
];

impl Names<'_> {
    /// Checks the names in an expression.
    pub fn expr(&self, expr: &Expr) -> Result<(), Error> {
        match &expr.kind {
            ExprKind::Literal(literal) if self.literal(literal) => {}
            ExprKind::Literal(_) => return Err(misplaced_expr(expr, "a member of an enumeration")),
            ExprKind::Path(path) => self.path_expr(path, expr)?,
            ExprKind::Call { name, arguments } => self.call(name, arguments, expr)?,
            ExprKind::Binary { operator: BinaryOperator::Has, right, .. } if !self.is_enum(right) => {
                return Err(misplaced_expr(right, "a literal of an enumeration"));
            }
            ExprKind::Cast(_, type_name) | ExprKind::IsOf(_, type_name) => self.type_name(type_name, expr)?,
            ExprKind::Negate(_)
            | ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Binary { .. }
            | ExprKind::In(..)
            | ExprKind::List(_)
            | ExprKind::Case(_)
            | ExprKind::Array(_)
            | ExprKind::Object(_) => {}
        }
        // What is aggregated may be less than an expression; the path has looked at it.
        match &expr.kind {
            ExprKind::Path(path) => path.steps.iter().try_for_each(|step| self.step_operands(step)),
            kind => {
                let mut checked = Ok(());
                kind.each_operand(&mut |operand| {
                    if checked.is_ok() {
                        checked = self.expr(operand);
                    }
                });
                checked
            }
        }
    }

    /// Checks an expression that must be a member: a property, a bound function or an annotation, or a path to
    /// one.
    pub fn first_member_expr(&self, expr: &Expr) -> Result<(), Error> {
        self.expr(expr)?;
        let is_member = match &expr.kind {
            ExprKind::Path(Path { root, .. }) => !matches!(root, Root::Service),
            ExprKind::Call { name, arguments } => {
                !self.member(&called(name, arguments, expr.span)).is_empty()
            }
            _ => false,
        };
        if is_member { Ok(()) } else { Err(misplaced_expr(expr, "a member")) }
    }

    /// Checks an expression that must be a path that begins with a property.
    pub fn property_path_expr(&self, expr: &Expr) -> Result<(), Error> {
        self.expr(expr)?;
        let mut places = Vec::new();
        let others = match &expr.kind {
            ExprKind::Path(Path { root: Root::Instance, steps }) => {
                let (first, others) = steps
                    .split_first()
                    .map_or((None, [].as_slice()), |(first, others)| (Some(first), others));
                first.iter().for_each(|first| self.property_step(first, &mut places));
                others
            }
            ExprKind::Call { name, arguments } => {
                self.property_step(&called(name, arguments, expr.span), &mut places);
                &[]
            }
            _ => &[],
        };
        match places.is_empty() {
            true => Err(misplaced_expr(expr, "a property")),
            false => self.follow(places, others, expr),
        }
    }

    /// Checks what is inside a step.
    pub fn step_operands(&self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Named(Segment { arguments, key, .. }) => {
                arguments.iter().chain(key).flatten().try_for_each(|argument| self.expr(&argument.value))
            }
            Step::Lambda(Lambda { predicate: Some((variable, predicate)), .. }) => {
                if !self.is("lambdaVariableExpr", &variable.text) {
                    return Err(misplaced(&variable.text, "a variable", variable.span));
                }
                self.expr(predicate)
            }
            Step::Filter { condition, key, .. } => {
                self.expr(condition)?;
                key.iter().flatten().try_for_each(|argument| self.expr(&argument.value))
            }
            Step::Count { options: Some(options), .. } => self.options(options),
            Step::Aggregate { expr, .. } => self.aggregate(expr),
            Step::Annotation { .. } | Step::Lambda(_) | Step::Count { .. } => Ok(()),
        }
    }

    fn is_enum(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(Literal::Enum { .. }) => true,
            ExprKind::Literal(Literal::Value(Value::String(text))) => self.are_members(text),
            _ => false,
        }
    }

    /// Whether the text lists members of an enumeration.
    pub fn are_members(&self, text: &str) -> bool {
        text.split(',').all(|member| {
            self.is("enumerationMember", member) || crate::value::number::integer(member).is_some()
        })
    }

    fn type_name(&self, type_name: &TypeName, expr: &Expr) -> Result<(), Error> {
        let (TypeName::Single(name) | TypeName::Collection(name)) = type_name;
        // A quoted name is Graph's; its span has the quotes.
        let is_bare = name.span.end - name.span.start == name.text.len();
        if is_bare && self.is_type(&name.text) {
            Ok(())
        } else {
            Err(misplaced_expr(expr, "the name of a type"))
        }
    }

    fn call(&self, name: &Name, arguments: &[Argument], expr: &Expr) -> Result<(), Error> {
        let folded = name.text.to_ascii_lowercase();
        let positional = arguments.iter().all(|argument| argument.name.is_none());
        if let Some((_, least, most)) = METHODS.iter().find(|(method, ..)| *method == folded)
            && positional
            && (*least..=*most).contains(&arguments.len())
        {
            return match arguments {
                [argument] if folded == "isdefined" && !matches!(argument.value.kind, ExprKind::Path(_)) => {
                    Err(misplaced_expr(&argument.value, "a path"))
                }
                _ => Ok(()),
            };
        }
        match self.member(&called(name, arguments, expr.span)).is_empty() {
            true => Err(misplaced_expr(expr, "a function with its arguments")),
            false => Ok(()),
        }
    }

    fn path_expr(&self, path: &Path, whole: &Expr) -> Result<(), Error> {
        let (places, steps) = match (&path.root, path.steps.split_first()) {
            (Root::Instance, Some((first, others))) => (self.first_member(first), others),
            (Root::Service, Some((first, others))) => (self.below_root(first), others),
            (Root::These, _) => (vec![Here::Collection], path.steps.as_slice()),
            (Root::It | Root::This, _) => (vec![Here::Variable], path.steps.as_slice()),
            // A lone annotation without namespace looks like an alias.
            (Root::Alias(name), _) => match self.is_term(name) {
                true => (vec![Here::Variable, Here::Annotation], path.steps.as_slice()),
                false => (vec![Here::Variable], path.steps.as_slice()),
            },
            (Root::Instance | Root::Service, None) => (Vec::new(), path.steps.as_slice()),
        };
        match places.is_empty() {
            true => Err(misplaced_expr(whole, "an expression")),
            false => self.follow(places, steps, whole),
        }
    }

    /// Follows the steps from where a path begins.
    fn follow(&self, mut places: Vec<Here>, steps: &[Step], whole: &Expr) -> Result<(), Error> {
        for step in steps {
            places = advance(&places, |place| self.step(place, step));
            if places.is_empty() {
                return Err(misplaced(&step.to_string(), "what can follow the step before", step.span()));
            }
        }
        match places.iter().all(|place| matches!(place, Here::CastMember | Here::CastCollection)) {
            true => Err(misplaced_expr(whole, "a member behind the type")),
            false => Ok(()),
        }
    }

    fn first_member(&self, step: &Step) -> Vec<Here> {
        let mut places = self.member(step);
        if let Step::Named(Segment { name, arguments: None, .. }) = step
            && self.is("lambdaVariableExpr", name)
        {
            push(&mut places, Here::Variable);
        }
        places
    }

    fn below_root(&self, step: &Step) -> Vec<Here> {
        let mut places = Vec::new();
        let Step::Named(segment) = step else { return places };
        if self.is("entitySetName", &segment.name) {
            self.keyed(segment, Kind::EntityCol, &mut places);
        }
        if self.is("singletonEntity", &segment.name) {
            self.keyed(segment, Kind::Entity, &mut places);
        }
        self.invoked(segment, self.kinds(FUNCTION_IMPORTS, &segment.name), &mut places);
        places
    }

    fn step(&self, place: Here, step: &Step) -> Vec<Here> {
        let mut places = Vec::new();
        match place {
            Here::End => {}
            Here::Variable | Here::Of(Kind::Entity) => places = self.member(step),
            Here::CastMember => self.direct(step, &mut places),
            Here::CastComplex => self.direct(step, &mut places),
            Here::Of(Kind::Complex) => {
                self.direct(step, &mut places);
                self.cast_complex(step, Here::CastComplex, &mut places);
            }
            Here::Of(Kind::EntityCol) => {
                self.of_entities(step, &mut places);
                if let Step::Named(segment) = step
                    && self.is_entity_type(&segment.name)
                {
                    match segment.arguments {
                        None => push(&mut places, Here::CastCollection),
                        Some(_) => self.keyed(segment, Kind::EntityCol, &mut places),
                    }
                }
            }
            Here::CastCollection => self.of_entities(step, &mut places),
            Here::Of(Kind::ComplexCol) => {
                self.of_collection(step, &mut places);
                self.cast_complex(step, Here::Collection, &mut places);
            }
            Here::Of(Kind::PrimitiveCol) | Here::Collection => self.of_collection(step, &mut places),
            Here::Of(Kind::Primitive | Kind::Stream) => self.attached(step, &mut places),
            Here::Annotation => {
                places = self.member(step);
                self.of_collection(step, &mut places);
                self.cast_complex(step, Here::CastComplex, &mut places);
            }
        }
        places
    }

    /// `memberExpr`
    fn member(&self, step: &Step) -> Vec<Here> {
        let mut places = Vec::new();
        self.direct(step, &mut places);
        if let Step::Named(Segment { name, arguments: None, .. }) = step
            && (self.is_entity_type(name) || self.is_complex_type(name))
        {
            push(&mut places, Here::CastMember);
        }
        places
    }

    /// `directMemberExpr`
    fn direct(&self, step: &Step, places: &mut Vec<Here>) {
        self.property_step(step, places);
        self.attached(step, places);
    }

    fn property_step(&self, step: &Step, places: &mut Vec<Here>) {
        if let Step::Named(segment) = step {
            for kind in self.kinds(PROPERTIES, &segment.name) {
                self.keyed(segment, kind, places);
            }
        }
    }

    /// A bound function or an annotation.
    fn attached(&self, step: &Step, places: &mut Vec<Here>) {
        match step {
            Step::Named(segment) => {
                self.invoked(segment, self.qualified_kinds(FUNCTIONS, &segment.name), places);
            }
            Step::Annotation { term, .. } if self.is_term(term) => push(places, Here::Annotation),
            _ => {}
        }
    }

    /// `collectionNavNoCastExpr`, but for the key, which is part of the step before.
    fn of_entities(&self, step: &Step, places: &mut Vec<Here>) {
        self.of_collection(step, places);
        if let Step::Filter { key, span, .. } = step {
            places.retain(|place| *place != Here::Collection);
            match key {
                None => push(places, Here::Of(Kind::EntityCol)),
                Some(key) if self.is_key(key, inside_last(key, span.end)) => {
                    push(places, Here::Of(Kind::Entity));
                }
                Some(_) => {}
            }
        }
    }

    /// `collectionPathExpr`
    fn of_collection(&self, step: &Step, places: &mut Vec<Here>) {
        match step {
            Step::Count { .. } | Step::Lambda(_) | Step::Aggregate { .. } => push(places, Here::End),
            Step::Filter { key: None, .. } => push(places, Here::Collection),
            _ => self.attached(step, places),
        }
    }

    fn cast_complex(&self, step: &Step, behind: Here, places: &mut Vec<Here>) {
        if let Step::Named(Segment { name, arguments: None, .. }) = step
            && self.is_complex_type(name)
        {
            push(places, behind);
        }
    }

    fn keyed(&self, segment: &Segment, kind: Kind, places: &mut Vec<Here>) {
        match &segment.arguments {
            None => push(places, Here::Of(kind)),
            Some(key)
                if kind == Kind::EntityCol && segment.key.is_none() && self.is_key(key, inside(segment)) =>
            {
                push(places, Here::Of(Kind::Entity));
            }
            Some(_) => {}
        }
    }

    fn invoked(&self, segment: &Segment, kinds: Vec<Kind>, places: &mut Vec<Here>) {
        let Some(parameters) = &segment.arguments else { return };
        if !self.are_parameters(parameters) {
            return;
        }
        for kind in kinds {
            match &segment.key {
                None => push(places, Here::Of(kind)),
                Some(key)
                    if kind == Kind::EntityCol && self.is_key(key, inside_last(key, segment.span.end)) =>
                {
                    push(places, Here::Of(Kind::Entity));
                }
                Some(_) => {}
            }
        }
    }
}

/// The step that a lone name with parentheses is.
fn called(name: &Name, arguments: &[Argument], span: Span) -> Step {
    let arguments = Some(arguments.to_vec());
    Step::Named(Segment { name: name.text.clone(), arguments, key: None, span })
}
