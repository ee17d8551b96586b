//! The entities: one table for all of them, each a JSON text, and one for the links between them.
//!
//! An entity is known by the place where it lives (an entity set, a singleton, or a contained navigation property
//! below an owner) and by its key there. Links come from inline entities, from `@odata.bind` and from referential
//! constraints; a partner leads back.

use std::collections::HashMap;

use odata::json::stored;
use odata::model::{EntityTypeId, Model, NavigationProperty, Primitive, Type};
use odata::query::key_predicate;
use odata::sql::{Join, Scalar, Schema, Statement, Table, functions, stored as values};
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, params};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::Failure;

const TABLES: &str = "
    DROP TABLE IF EXISTS links;
    DROP TABLE IF EXISTS entities;
    CREATE TABLE entities (id INTEGER PRIMARY KEY, place TEXT NOT NULL, owner INTEGER, type TEXT NOT NULL,
        doc TEXT NOT NULL, version TEXT NOT NULL);
    CREATE INDEX places ON entities (place, owner);
    CREATE TABLE links (nav TEXT NOT NULL, source INTEGER NOT NULL, target INTEGER NOT NULL,
        PRIMARY KEY (nav, source, target)) WITHOUT ROWID;";

/// The database, where the library finds what in it, and what it is filled with.
pub struct Store {
    connection: Connection,
    pub schema: Schema,
    seed: Json,
}

impl Store {
    /// An empty database, filled with the seed.
    pub fn open(model: &Model, seed: Json) -> Result<Self, Failure> {
        let connection = Connection::open_in_memory()?;
        register(&connection)?;
        let mut store = Self { connection, schema: schema(model), seed };
        store.reseed(model)?;
        Ok(store)
    }

    /// Throws everything away and begins again with the seed.
    pub fn reseed(&mut self, model: &Model) -> Result<(), Failure> {
        self.connection.execute_batch(TABLES)?;
        let seed = self.seed.as_object().cloned().ok_or("the seed is no JSON object")?;
        let transaction = self.connection.transaction()?;
        let mut loading = Loading {
            model,
            connection: &transaction,
            known: HashMap::new(),
            entities: Vec::new(),
            binds: Vec::new(),
        };
        for (name, value) in &seed {
            let member = model.member(name).ok_or_else(|| format!("the model has no '{name}'"))?;
            let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for entity in &all {
                loading.insert(member, &member.name, "", None, entity)?;
            }
        }
        loading.link()?;
        Ok(transaction.commit()?)
    }

    /// All rows of a statement.
    pub fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Scalar>>, Failure> {
        let mut prepared = self.connection.prepare_cached(statement.text())?;
        for index in 1..=prepared.parameter_count() {
            let name = prepared.parameter_name(index).and_then(|name| name.get(1..)?.parse::<usize>().ok());
            let value = statement.binds().get(name.unwrap_or(index) - 1).unwrap_or(&Scalar::Null);
            prepared.raw_bind_parameter(index, to_sqlite(value.clone()))?;
        }
        let width = prepared.column_count();
        let mut rows = prepared.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let values: rusqlite::Result<Vec<Scalar>> =
                (0..width).map(|column| row.get_ref(column).map(from_sqlite)).collect();
            all.push(values?);
        }
        Ok(all)
    }
}

/// `$search` looks into every text.
pub fn search_all_texts(model: &mut Model) {
    for id in model.entity_type_ids() {
        for property in &mut model.entity_mut(id).properties {
            property.searchable = property.ty == Type::Primitive(Primitive::String);
        }
    }
}

/// Where the library finds entities, properties and links.
fn schema(model: &Model) -> Schema {
    let mut schema = Schema::new();
    for id in model.entity_type_ids().filter(|id| model.entity(*id).base.is_none()) {
        let mut table = Table::new("entities").document("{t}.doc").typed_by("{t}.type");
        for declaring in model.entities_of(id) {
            for navigation in &model.entity(declaring).navigation {
                let place = place_below(model, declaring, navigation);
                let condition = if navigation.contains_target {
                    format!("{{t}}.owner = {{o}}.id AND {{t}}.place = '{place}'")
                } else {
                    format!(
                        "{{t}}.id IN (SELECT l.target FROM links l WHERE l.source = {{o}}.id AND l.nav = '{place}')"
                    )
                };
                table = table.join(navigation.name.clone(), Join::On(condition.into()));
            }
        }
        schema = schema.table(model.entity(id).name.clone(), table.versioned_by(["{t}.version"]));
    }
    for member in &model.container.members {
        let condition = format!("{{t}}.place = '{}'", member.name);
        schema = schema.member(member.name.clone(), Join::On(condition.into()));
    }
    schema
}

/// A navigation property as the name of a place: by the type that declares it.
fn place_below(model: &Model, owner: EntityTypeId, navigation: &NavigationProperty) -> String {
    let mut declaring = owner;
    while let Some(base) = model.entity(declaring).base
        && model.entity(base).navigation_property(&navigation.name).is_some()
    {
        declaring = base;
    }
    format!("{}/{}", model.entity(declaring).name, navigation.name)
}

/// An entity that is in the database.
struct Entity {
    id: i64,
    ty: EntityTypeId,
    doc: Map<String, Json>,
}

struct Loading<'a> {
    model: &'a Model,
    connection: &'a Connection,
    /// Addresses, such as `Products(1)`, and the ids behind them.
    known: HashMap<String, i64>,
    entities: Vec<Entity>,
    /// A link to be made once everything is there: owner, navigation property, address.
    binds: Vec<(i64, EntityTypeId, NavigationProperty, String)>,
}

impl Loading<'_> {
    /// Stores an entity and what it contains; answers its id.
    fn insert(
        &mut self,
        at: &NavigationProperty,
        place: &str,
        below: &str,
        owner: Option<i64>,
        json: &Json,
    ) -> Result<i64, Failure> {
        let model = self.model;
        let members = json.as_object().ok_or_else(|| format!("{place}: {json} is no entity"))?;
        let declared = Type::Entity(at.target);
        let Some(Type::Entity(id)) = stored::actual_type(model, &declared, members) else {
            return Err(format!("{place}: the type of {json} does not fit").into());
        };
        let ty = model.entity(id);
        let is_navigation = |name: &str| ty.navigation_property(name).is_some();
        let own: Map<String, Json> = members
            .iter()
            .filter(|(name, _)| !is_navigation(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut doc = Map::new();
        stored::properties(model, &ty.properties, ty.is_open, &own, "", &mut doc)
            .map_err(|error| format!("{place}: {}: {error}", error.target.clone().unwrap_or_default()))?;
        let text = Json::Object(doc.clone()).to_string();
        let digest: String =
            Sha256::digest(&text).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        self.connection.execute(
            "INSERT INTO entities (place, owner, type, doc, version) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![place, owner, model.entity_name(id), text, digest],
        )?;
        let row = self.connection.last_insert_rowid();
        let keys: Vec<_> = ty.key_properties().collect();
        let key: Vec<_> = keys
            .iter()
            .filter_map(|property| values::from_json(doc.get(&property.name)?, &property.ty))
            .collect();
        let address = match at.collection {
            true => format!(
                "{below}{}{}",
                at.name,
                key_predicate(keys.into_iter(), &key.iter().collect::<Vec<_>>())
            ),
            false => format!("{below}{}", at.name),
        };
        self.known.insert(address.clone(), row);
        self.entities.push(Entity { id: row, ty: id, doc });
        for navigation in &ty.navigation {
            let inline = match members.get(&navigation.name) {
                Some(Json::Array(all)) => all.clone(),
                Some(Json::Null) | None => Vec::new(),
                Some(one) => vec![one.clone()],
            };
            for entity in &inline {
                if navigation.contains_target {
                    let place = place_below(model, id, navigation);
                    self.insert(navigation, &place, &format!("{address}/"), Some(row), entity)?;
                } else {
                    // An entity that lives elsewhere: in the set that the navigation property is bound to.
                    let bindings = model.container.members.iter().flat_map(|member| &member.bindings);
                    let target = bindings
                        .filter(|(path, _)| path.rsplit('/').next() == Some(&navigation.name))
                        .find_map(|(_, target)| model.member(target))
                        .ok_or_else(|| format!("'{}' is bound to no entity set", navigation.name))?;
                    let target = self.insert(target, &target.name, "", None, entity)?;
                    self.connect(row, id, navigation, target)?;
                }
            }
            let bind = [format!("{}@odata.bind", navigation.name), format!("{}@bind", navigation.name)];
            match bind.iter().find_map(|name| members.get(name)) {
                Some(Json::String(address)) => {
                    self.binds.push((row, id, navigation.clone(), address.clone()));
                }
                Some(Json::Array(all)) => {
                    let all = all.iter().filter_map(Json::as_str);
                    self.binds.extend(all.map(|address| (row, id, navigation.clone(), address.to_owned())));
                }
                _ => {}
            }
        }
        Ok(row)
    }

    /// Makes the links that were named, and those that follow from equal values.
    fn link(&mut self) -> Result<(), Failure> {
        for (source, ty, navigation, address) in std::mem::take(&mut self.binds) {
            let target = self.find(&address).ok_or_else(|| format!("there is no '{address}'"))?;
            self.connect(source, ty, &navigation, target)?;
        }
        // For each navigation property with constraints: the values that its targets have, and who has them.
        let model = self.model;
        let values = |doc: &Map<String, Json>, names: &mut dyn Iterator<Item = &String>| -> Option<String> {
            let values: Option<Vec<&Json>> =
                names.map(|name| doc.get(name).filter(|value| !value.is_null())).collect();
            serde_json::to_string(&values?).ok()
        };
        let mut found = Vec::new();
        for id in model.entity_type_ids() {
            let own = model.entity(id).navigation.iter().skip(model.entity(id).inherited_navigation);
            for navigation in own.filter(|own| !own.constraints.is_empty() && !own.contains_target) {
                let mut principals: HashMap<String, Vec<i64>> = HashMap::new();
                for entity in
                    self.entities.iter().filter(|entity| model.is_entity(entity.ty, navigation.target))
                {
                    let mut names = navigation.constraints.iter().map(|(_, principal)| principal);
                    if let Some(key) = values(&entity.doc, &mut names) {
                        principals.entry(key).or_default().push(entity.id);
                    }
                }
                for owner in self.entities.iter().filter(|entity| model.is_entity(entity.ty, id)) {
                    let mut names = navigation.constraints.iter().map(|(own, _)| own);
                    let targets = values(&owner.doc, &mut names).and_then(|key| principals.get(&key));
                    let targets = targets.into_iter().flatten();
                    found.extend(targets.map(|target| (owner.id, owner.ty, navigation, *target)));
                }
            }
        }
        found
            .into_iter()
            .try_for_each(|(source, ty, navigation, target)| self.connect(source, ty, navigation, target))
    }

    /// The entity with an address, in whatever form its keys are written.
    fn find(&self, address: &str) -> Option<i64> {
        if let Some(id) = self.known.get(address) {
            return Some(*id);
        }
        let path = odata::syntax::parse(address, None).ok()?.path;
        let resource = odata::bind::resource(self.model, &path).ok()?;
        self.known.get(&odata::json::entity_address(self.model, &resource)).copied()
    }

    fn connect(
        &self,
        source: i64,
        ty: EntityTypeId,
        navigation: &NavigationProperty,
        target: i64,
    ) -> Result<(), Failure> {
        let insert = "INSERT OR IGNORE INTO links (nav, source, target) VALUES (?1, ?2, ?3)";
        self.connection.execute(insert, params![place_below(self.model, ty, navigation), source, target])?;
        let back = navigation.partner.as_deref().and_then(|partner| {
            // Ids are given in the order in which entities come.
            let place = self.entities.binary_search_by_key(&target, |entity| entity.id);
            let actual = place.ok().and_then(|place| self.entities.get(place)).map(|entity| entity.ty);
            let owner = actual.unwrap_or(navigation.target);
            Some((owner, self.model.entity(owner).navigation_property(partner)?))
        });
        if let Some((owner, back)) = back.filter(|(_, back)| !back.contains_target) {
            self.connection.execute(insert, params![place_below(self.model, owner, back), target, source])?;
        }
        Ok(())
    }
}

/// Gives SQLite the library's functions.
fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for function in functions::FUNCTIONS {
        let arguments = i32::try_from(function.arguments).unwrap_or(-1);
        connection.create_scalar_function(function.name, arguments, flags, move |context| {
            let values: Vec<Scalar> =
                (0..context.len()).map(|index| from_sqlite(context.get_raw(index))).collect();
            if values.contains(&Scalar::Null) {
                return Ok(Sql::Null);
            }
            let value = (function.call)(&values);
            value.map(to_sqlite).map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))
        })?;
    }
    connection.create_collation("odata_decimal", functions::compare_decimals)
}

fn to_sqlite(scalar: Scalar) -> Sql {
    match scalar {
        Scalar::Null => Sql::Null,
        Scalar::Integer(number) => Sql::Integer(number),
        Scalar::Real(number) => Sql::Real(number),
        Scalar::Text(text) => Sql::Text(text),
        Scalar::Blob(bytes) => Sql::Blob(bytes),
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Scalar {
    match value {
        ValueRef::Null => Scalar::Null,
        ValueRef::Integer(number) => Scalar::Integer(number),
        ValueRef::Real(number) => Scalar::Real(number),
        ValueRef::Text(text) => Scalar::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Scalar::Blob(bytes.to_vec()),
    }
}
