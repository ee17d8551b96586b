//! Worlds, and expressions that can be bound, by chance from a seed.

mod values;
mod worlds;

use crate::oracle::{Key, Node, Val};
pub use values::{Kind, SORTED};
pub use worlds::world;

/// Numbers by chance: the same for the same seed (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// Less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// True so many times of a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Item,
    Part,
    Maker,
    Place,
    Plain(Kind),
}

type Properties = &'static [(&'static str, Kind)];

const PLACE: Properties =
    &[("city", Kind::Text), ("zip", Kind::Int), ("at", Kind::Instant), ("paint", Kind::Color)];
const ITEM: Properties = &[
    ("id", Kind::Text),
    ("name", Kind::Text),
    ("title", Kind::Text),
    ("count", Kind::Int),
    ("total", Kind::Int),
    ("small", Kind::Int),
    ("ratio", Kind::Real),
    ("price", Kind::Dec),
    ("cost", Kind::Dec),
    ("open", Kind::Truth),
    ("live", Kind::Truth),
    ("color", Kind::Color),
    ("rights", Kind::Rights),
    ("born", Kind::Day),
    ("opens", Kind::Clock),
    ("seen", Kind::Instant),
    ("made", Kind::Instant),
    ("span", Kind::Span),
    ("code", Kind::Code),
    ("stock.gadget/power", Kind::Int),
    ("stock.gadget/volts", Kind::Real),
    ("place/city", Kind::Text),
    ("place/zip", Kind::Int),
    ("place/at", Kind::Instant),
    ("place/paint", Kind::Color),
    ("spot/city", Kind::Text),
    ("spot/zip", Kind::Int),
    ("spot/at", Kind::Instant),
];
const PART: Properties = &[
    ("id", Kind::Text),
    ("label", Kind::Text),
    ("weight", Kind::Int),
    ("price", Kind::Dec),
    ("when", Kind::Instant),
];
const MAKER: Properties = &[("id", Kind::Text), ("name", Kind::Text), ("rank", Kind::Int)];

impl Shape {
    fn properties(self) -> Properties {
        match self {
            Self::Item => ITEM,
            Self::Part => PART,
            Self::Maker => MAKER,
            Self::Place => PLACE,
            Self::Plain(_) => &[],
        }
    }

    fn singles(self) -> &'static [(&'static str, Shape)] {
        match self {
            Self::Item => &[("maker", Self::Maker), ("next", Self::Item)],
            Self::Part => &[("item", Self::Item)],
            _ => &[],
        }
    }

    fn collections(self) -> &'static [(&'static str, Shape)] {
        match self {
            Self::Item => &[
                ("parts", Self::Part),
                ("tags", Self::Plain(Kind::Text)),
                ("nums", Self::Plain(Kind::Int)),
                ("sums", Self::Plain(Kind::Dec)),
                ("times", Self::Plain(Kind::Instant)),
                ("places", Self::Place),
            ],
            Self::Maker => &[("items", Self::Item), ("marks", Self::Plain(Kind::Text))],
            _ => &[],
        }
    }
}

/// Makes expressions.
pub struct Generator<'c> {
    pub chance: &'c mut Chance,
    /// What paths may begin with.
    roots: Vec<(String, Shape)>,
    variables: usize,
}

fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

fn binary(operator: &'static str, left: Node, right: Node) -> Node {
    Node::Binary(operator, boxed(left), boxed(right))
}

const COMPARISONS: &[&str] = &["eq", "ne", "gt", "ge", "lt", "le", "EQ", "Ge"];

impl<'c> Generator<'c> {
    pub fn new(chance: &'c mut Chance, shape: Shape) -> Self {
        let roots = vec![(String::new(), shape), ("$it".to_owned(), shape)];
        Self { chance, roots, variables: 0 }
    }

    /// The same inside `$expand`, where `$it` is not what is expanded.
    pub fn inside(chance: &'c mut Chance, shape: Shape) -> Self {
        Self { chance, roots: vec![(String::new(), shape)], variables: 0 }
    }

    /// Any order.
    pub fn keys(&mut self) -> Vec<Key> {
        let count = self.chance.below(4);
        (0..count)
            .map(|_| {
                let kind = self.chance.of(values::SORTED);
                (self.value(kind, 2), self.chance.percent(50))
            })
            .collect()
    }

    /// Any condition.
    pub fn condition(&mut self, depth: usize) -> Node {
        if depth == 0 {
            return self.simple();
        }
        let depth = depth - 1;
        let some = |this: &mut Self| -> Vec<Node> {
            (0..2 + this.chance.below(2)).map(|_| this.condition(depth)).collect()
        };
        match self.chance.below(12) {
            0 | 1 => Node::And(some(self)),
            2 | 3 => Node::Or(some(self)),
            4 => Node::Not(boxed(self.condition(depth))),
            5 => {
                let operator = self.chance.of(COMPARISONS);
                binary(operator, self.condition(depth), self.condition(depth))
            }
            6 => {
                let list =
                    (0..self.chance.below(3)).map(|_| values::literal(self.chance, Kind::Truth)).collect();
                Node::In(boxed(self.condition(depth)), list)
            }
            7 => Node::Alias(boxed(self.without_variables(|this| this.condition(depth)))),
            8 | 9 => self.lambda(depth).unwrap_or_else(|| self.simple()),
            _ => self.simple(),
        }
    }

    /// What an alias stands for knows nothing of variables.
    fn without_variables(&mut self, make: impl FnOnce(&mut Self) -> Node) -> Node {
        let roots = self.roots.clone();
        self.roots.retain(|(root, _)| root.is_empty() || root.starts_with('$'));
        let node = make(self);
        self.roots = roots;
        node
    }

    fn simple(&mut self) -> Node {
        match self.chance.below(11) {
            0..=4 => self.comparison(),
            5 => {
                let kind = self.chance.of(values::SORTED);
                let list = (0..self.chance.below(4)).map(|_| {
                    let other = self.other_number(kind);
                    self.literal_beside(kind, other)
                });
                let list = list.collect();
                Node::In(boxed(self.value(kind, 1)), list)
            }
            6 => {
                let name = self.chance.of(&["contains", "startswith", "endsWith", "CONTAINS"]);
                Node::Call(name, vec![self.value(Kind::Text, 1), self.value(Kind::Text, 1)])
            }
            7 => match self.chance.below(3) {
                0 => binary("has", self.typed(Kind::Rights), values::literal_of(self.chance, Kind::Rights)),
                1 => {
                    let pattern = self.chance.of(&["^a", "b$", "^[ab]+$", "^.?$"]);
                    let pattern = Node::Literal(format!("'{pattern}'"), Val::Text(pattern.to_owned()));
                    Node::Call("matchesPattern", vec![self.value(Kind::Text, 1), pattern])
                }
                _ => self.existence(),
            },
            8 => self.within().unwrap_or_else(|| self.comparison()),
            9 => self.path(Kind::Truth).unwrap_or_else(|| values::literal(self.chance, Kind::Truth)),
            _ => values::literal(self.chance, Kind::Truth),
        }
    }

    fn other_number(&mut self, kind: Kind) -> Kind {
        match kind {
            Kind::Int | Kind::Dec | Kind::Real if self.chance.percent(30) => {
                self.chance.of(&[Kind::Int, Kind::Dec, Kind::Real])
            }
            kind => kind,
        }
    }

    /// A number beside one of another kind: whole ones are rounded where they are too large for it.
    fn literal_beside(&mut self, kind: Kind, other: Kind) -> Node {
        match other {
            Kind::Int if kind != other => values::place(self.chance),
            other => values::literal(self.chance, other),
        }
    }

    fn comparison(&mut self) -> Node {
        let operator = self.chance.of(COMPARISONS);
        let kind = self.chance.of(values::SORTED);
        let left = self.value(kind, 2);
        let other = self.other_number(kind);
        let right = match self.chance.below(5) {
            _ if other == Kind::Real && self.chance.percent(5) => {
                Node::Literal("NaN".to_owned(), Val::Real(f64::NAN))
            }
            0 if matches!(left, Node::Path(_)) => values::fitting(self.chance, kind),
            1 | 2 => self.literal_beside(kind, other),
            _ => self.value(other, 2),
        };
        // A large literal is rounded beside a floating-point number.
        let left = match left {
            Node::Literal(..) if other == Kind::Real => self.literal_beside(other, kind),
            left => left,
        };
        if self.chance.percent(20) { binary(operator, right, left) } else { binary(operator, left, right) }
    }

    /// Whether something is there, and of what type.
    fn existence(&mut self) -> Node {
        let null = || Node::Literal("null".to_owned(), Val::Null);
        let operator = self.chance.of(&["eq", "ne"]);
        let named = |root: &str, name: &str| {
            let names = root.split('/').chain(name.split('/')).filter(|name| !name.is_empty());
            Node::Path(names.map(str::to_owned).collect())
        };
        let (root, shape) = self.chance.of(&self.roots);
        match (shape, self.chance.below(4)) {
            (Shape::Item, 0) => binary(operator, named(&root, "photo"), null()),
            (Shape::Item, 1) => binary(operator, named(&root, "spot"), null()),
            (Shape::Item, 2) => {
                let path = named(&root, self.chance.of(&["next", "next/next"]));
                Node::IsOf(Some(boxed(path)), self.chance.of(&["stock.gadget", "stock.item"]))
            }
            (Shape::Item | Shape::Part, _) => {
                let name =
                    if shape == Shape::Item { self.chance.of(&["maker", "next/maker"]) } else { "item/next" };
                binary(operator, named(&root, name), null())
            }
            _ => self.comparison(),
        }
    }

    /// A path to a collection, and what is in it.
    fn collection(&mut self) -> Option<(Node, Shape)> {
        for _ in 0..6 {
            let (root, mut shape) = self.chance.of(&self.roots);
            let mut names: Vec<&str> = root.split('/').filter(|name| !name.is_empty()).collect();
            while !shape.singles().is_empty() && self.chance.percent(25) {
                let (name, to) = self.chance.of(shape.singles());
                names.push(name);
                shape = to;
            }
            if !shape.collections().is_empty() {
                let (name, to) = self.chance.of(shape.collections());
                names.push(name);
                return Some((Node::Path(names.into_iter().map(str::to_owned).collect()), to));
            }
        }
        None
    }

    fn within(&mut self) -> Option<Node> {
        let (path, shape) = self.collection()?;
        let Shape::Plain(kind) = shape else { return None };
        let kind = self.other_number(kind);
        Some(Node::Within(boxed(self.value(kind, 1)), boxed(path)))
    }

    fn lambda(&mut self, depth: usize) -> Option<Node> {
        let (path, shape) = self.collection()?;
        let quantifier = self.chance.of(&["any", "any", "all"]);
        if quantifier == "any" && self.chance.percent(15) {
            return Some(Node::Lambda("any", boxed(path), String::new(), None));
        }
        self.variables += 1;
        // The same name may hide one further out.
        let variable = if self.chance.percent(15) { "v1".to_owned() } else { format!("v{}", self.variables) };
        let roots = self.roots.clone();
        self.roots.retain(|(root, _)| *root != variable);
        self.roots.extend([(variable.clone(), shape), (variable.clone(), shape)]);
        let predicate = self.condition(depth.min(1));
        self.roots = roots;
        Some(Node::Lambda(quantifier, boxed(path), variable, Some(boxed(predicate))))
    }

    fn count(&mut self) -> Option<Node> {
        let (path, shape) = self.collection()?;
        if self.chance.percent(40) {
            return Some(Node::Count(boxed(path), None));
        }
        let roots = self.roots.clone();
        let implicit = if matches!(shape, Shape::Plain(_)) { "$this" } else { "" };
        self.roots.retain(|(root, _)| !root.is_empty() && root != "$this");
        self.roots.extend([(implicit.to_owned(), shape), (implicit.to_owned(), shape)]);
        let filter = self.simple();
        self.roots = roots;
        Some(Node::Count(boxed(path), Some(boxed(filter))))
    }

    /// A path to a value of a kind.
    fn path(&mut self, kind: Kind) -> Option<Node> {
        for _ in 0..8 {
            let (root, mut shape) = self.chance.of(&self.roots);
            let mut names: Vec<&str> = root.split('/').filter(|name| !name.is_empty()).collect();
            while !shape.singles().is_empty() && self.chance.percent(15) {
                let (name, to) = self.chance.of(shape.singles());
                names.push(name);
                shape = to;
            }
            if shape == Shape::Plain(kind) {
                return Some(Node::Path(names.into_iter().map(str::to_owned).collect()));
            }
            let found: Vec<&str> =
                shape.properties().iter().filter(|one| one.1 == kind).map(|(name, _)| *name).collect();
            if !found.is_empty() {
                names.extend(self.chance.of(&found).split('/'));
                return Some(Node::Path(names.into_iter().map(str::to_owned).collect()));
            }
        }
        None
    }

    /// A value of a kind that is no literal, if there is one.
    fn typed(&mut self, kind: Kind) -> Node {
        self.path(kind).unwrap_or_else(|| values::literal_of(self.chance, kind))
    }

    /// Any value of a kind.
    pub fn value(&mut self, kind: Kind, depth: usize) -> Node {
        if kind == Kind::Truth && depth > 0 && self.chance.percent(30) {
            return self.simple();
        }
        match self.chance.below(10) {
            0..=1 => values::literal(self.chance, kind),
            2..=6 => self.typed(kind),
            _ if depth == 0 => self.typed(kind),
            7 if self.chance.percent(30) => {
                let mut kinds = vec![kind];
                let mut cases = Vec::new();
                for _ in 0..1 + self.chance.below(2) {
                    kinds.push(self.other_number(kind));
                    cases.push((self.comparison_in(depth), self.value(kinds[kinds.len() - 1], depth - 1)));
                }
                kinds.remove(0);
                if self.chance.percent(50) {
                    let truth = Node::Literal("true".to_owned(), Val::Truth(true));
                    cases.push((truth, self.value(kind, depth - 1)));
                    kinds.push(kind);
                }
                let widest = [(Kind::Real, "Edm.Double"), (Kind::Dec, "Edm.Decimal")];
                let widest = widest.iter().find(|(kind, _)| kinds.contains(kind));
                Node::Case(cases, widest.map_or("", |(_, name)| name))
            }
            _ => self.calculated(kind, depth - 1),
        }
    }

    fn comparison_in(&mut self, depth: usize) -> Node {
        if depth > 1 { self.comparison() } else { self.typed(Kind::Truth) }
    }

    fn arithmetic(
        &mut self,
        operators: &[&'static str],
        left_kind: Kind,
        right_kind: Kind,
        depth: usize,
    ) -> Node {
        let operator = self.chance.of(operators);
        let divides = matches!(operator, "div" | "divby" | "mod");
        let right = match self.chance.below(10) {
            0..=7 if divides => values::divisor(self.chance, right_kind),
            _ => self.value(right_kind, depth),
        };
        let left = self.value(left_kind, depth);
        // Of what type a calculation with null is, cannot always be told.
        let mut certain = |node: Node, kind| match node {
            Node::Literal(_, Val::Null) => values::literal_of(self.chance, kind),
            node => node,
        };
        let right = certain(right, right_kind);
        binary(operator, certain(left, left_kind), right)
    }

    fn called(&mut self, names: &[&'static str], kinds: &[Kind], depth: usize) -> Node {
        let name = self.chance.of(names);
        Node::Call(name, kinds.iter().map(|kind| self.value(*kind, depth)).collect())
    }

    fn cast(&mut self, kinds: &[Kind], ty: &'static str, depth: usize) -> Node {
        let kind = self.chance.of(kinds);
        Node::Cast(boxed(self.value(kind, depth)), ty)
    }

    /// Something made of other values.
    fn calculated(&mut self, kind: Kind, depth: usize) -> Node {
        const ALL: &[&str] = &["add", "sub", "mul", "div", "mod", "MOD"];
        let way = self.chance.below(7);
        match (kind, way) {
            (Kind::Text, 0..=1) => self.called(&["tolower", "toUpper", "trim"], &[Kind::Text], depth),
            (Kind::Text, 2) => self.called(&["concat"], &[Kind::Text, Kind::Text], depth),
            (Kind::Text, 3..=4) => {
                let text = self.value(Kind::Text, depth);
                let mut arguments = vec![text, values::place(self.chance)];
                if way == 3 {
                    arguments.push(values::length(self.chance));
                }
                Node::Call("substring", arguments)
            }
            (Kind::Text, _) => {
                let from = &[Kind::Int, Kind::Truth, Kind::Code, Kind::Color, Kind::Rights, Kind::Day];
                self.cast(from, "Edm.String", depth)
            }
            (Kind::Int, 0..=1) => self.arithmetic(ALL, Kind::Int, Kind::Int, depth),
            (Kind::Int, 2) => self.called(&["length"], &[Kind::Text], depth),
            (Kind::Int, 3) => match self.chance.below(4) {
                0 => self.called(&["year", "month", "day"], &[Kind::Day], depth),
                1 => self.called(&["hour", "minute", "second"], &[Kind::Clock], depth),
                2 => {
                    let names = &["year", "month", "day", "hour", "minute", "second", "totaloffsetminutes"];
                    Node::Call(self.chance.of(names), vec![self.typed(Kind::Instant)])
                }
                _ => self.called(&["indexof"], &[Kind::Text, Kind::Text], depth),
            },
            (Kind::Int, 4) => self.count().unwrap_or_else(|| self.typed(Kind::Int)),
            (Kind::Int, 5) => {
                let ty = self.chance.of(&["Edm.Int32", "Edm.Int64", "Edm.Byte"]);
                self.cast(&[Kind::Int, Kind::Dec, Kind::Real, Kind::Text, Kind::Color], ty, depth)
            }
            (Kind::Int, _) => match self.chance.below(2) {
                0 => Node::Negate(boxed(self.typed(kind))),
                _ => self.called(&["round", "floor", "ceiling"], &[kind], depth),
            },
            (Kind::Dec, 0..=2) => match self.chance.below(3) {
                0 => self.arithmetic(
                    &["add", "sub", "mul", "div", "divby", "mod"],
                    Kind::Dec,
                    Kind::Dec,
                    depth,
                ),
                1 => self.arithmetic(&["add", "sub", "mul", "div", "mod"], Kind::Dec, Kind::Int, depth),
                _ => self.arithmetic(&["add", "sub", "mul", "div", "mod"], Kind::Int, Kind::Dec, depth),
            },
            (Kind::Dec, 3) => self.called(&["totalseconds"], &[Kind::Span], depth),
            (Kind::Dec, 4) => match self.chance.below(2) {
                0 => self.called(&["fractionalseconds"], &[Kind::Clock], depth),
                _ => Node::Call("fractionalseconds", vec![self.typed(Kind::Instant)]),
            },
            (Kind::Dec, 5) => self.cast(&[Kind::Int, Kind::Text], "Edm.Decimal", depth),
            (Kind::Real, 0..=3) => match self.chance.below(3) {
                0 => self.arithmetic(
                    &["add", "sub", "mul", "div", "divby", "mod"],
                    Kind::Real,
                    Kind::Real,
                    depth,
                ),
                1 => self.arithmetic(&["divby"], Kind::Int, Kind::Int, depth),
                _ => {
                    let other = self.chance.of(&[Kind::Int, Kind::Dec]);
                    self.arithmetic(&["add", "sub", "mul", "div"], other, Kind::Real, depth)
                }
            },
            (Kind::Real, 4) => self.cast(&[Kind::Int, Kind::Dec], "Edm.Double", depth),
            (Kind::Dec | Kind::Real, _) => match self.chance.below(2) {
                0 => Node::Negate(boxed(self.typed(kind))),
                _ => self.called(&["round", "floor", "ceiling"], &[kind], depth),
            },
            (Kind::Day, 0..=1) => Node::Call("date", vec![self.typed(Kind::Instant)]),
            (Kind::Day, 2..=3) => self.arithmetic(&["add", "sub"], Kind::Day, Kind::Span, depth),
            (Kind::Day, 4) => self.cast(&[Kind::Instant], "Edm.Date", depth),
            (Kind::Clock, 0..=1) => Node::Call("time", vec![self.typed(Kind::Instant)]),
            (Kind::Clock, 2) => self.cast(&[Kind::Instant], "Edm.TimeOfDay", depth),
            (Kind::Instant, 0..=2) => self.arithmetic(&["add", "sub"], Kind::Instant, Kind::Span, depth),
            (Kind::Instant, 3) => self.cast(&[Kind::Day], "Edm.DateTimeOffset", depth),
            (Kind::Instant, 4) => Node::Call(self.chance.of(&["now", "mindatetime", "maxdatetime"]), vec![]),
            (Kind::Span, 0) => self.arithmetic(&["sub"], Kind::Instant, Kind::Instant, depth),
            (Kind::Span, 1) => self.arithmetic(&["sub"], Kind::Day, Kind::Day, depth),
            (Kind::Span, 2) => self.arithmetic(&["add", "sub"], Kind::Span, Kind::Span, depth),
            (Kind::Span, 3) => self.arithmetic(&["mul", "div"], Kind::Span, Kind::Int, depth),
            (Kind::Span, 4) => self.arithmetic(&["mul"], Kind::Int, Kind::Span, depth),
            (Kind::Span, _) => Node::Negate(boxed(self.typed(kind))),
            (Kind::Truth, _) => self.simple(),
            (kind, _) => self.typed(kind),
        }
    }
}
