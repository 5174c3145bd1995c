//! The shape of a statement: everything that its text depends on and no value, as bytes to look the
//! text up by. The same walk lists the binds.
//!
//! Each part starts with a tag, and lists and names carry their length, so that two statements have
//! equal bytes only when they have equal text.

use super::Dialect;
use super::binds::Binds;
use super::expression::subject;
use super::parts::PackedList;
use crate::schema::ColumnType;
use crate::statement::{
    Aggregate, ColumnRef, CompareOperator, ConflictAction, Delete, Expression, From, Insert, Join,
    Order, Predicate, Projection, RawSql, Select, Source, Statement, Update,
};
use crate::value::{Value, ValueRef};
use crate::{Error, Result};

/// How deep predicates, expressions and selects may stand in each other.
const DEPTH: usize = 200;
/// Lists up to this length are sent value by value.
const SHORT_LIST: usize = 64;

/// Whether lists are filled up, so that lists of several lengths share a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// To a power of two, further on to a multiple of 64.
    Padded,
    /// Not: the statement would bind too much.
    Exact,
}

/// How a list is sent.
#[derive(Debug)]
pub(super) enum ListForm {
    /// It is empty.
    Empty,
    /// So many values one by one, the last of them repeated.
    Each(usize),
    /// As one value.
    Packed(PackedList),
}

impl ListForm {
    pub(super) fn of(dialect: &dyn Dialect, values: &[Value], padding: Padding) -> Result<Self> {
        let count = values.len();
        if count == 0 {
            return Ok(ListForm::Empty);
        }
        if count > SHORT_LIST
            && let Some(list) = dialect.pack_list(values)?
        {
            return Ok(ListForm::Packed(list));
        }
        Ok(ListForm::Each(match padding {
            Padding::Exact => count,
            Padding::Padded if count <= SHORT_LIST => count.next_power_of_two(),
            Padding::Padded => count.next_multiple_of(SHORT_LIST),
        }))
    }
}

/// Writes the shape of a statement into `key` and its values into `binds`.
pub(super) fn write<'s>(
    dialect: &dyn Dialect,
    statement: &'s Statement,
    key: &mut Vec<u8>,
    binds: &mut Binds<'s>,
) -> Result<Padding> {
    let most = dialect.capabilities().max_binds;
    for padding in [Padding::Padded, Padding::Exact] {
        key.clear();
        binds.clear();
        Shape { dialect, key, binds, padding, depth: 0 }.statement(statement)?;
        if binds.len() <= most {
            return Ok(padding);
        }
    }
    let bound = binds.len();
    Err(Error::invalid(format!(
        "the statement binds {bound} values; this database takes {most} at once"
    )))
}

/// What a part of a shape is. One set of numbers for all kinds of parts.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Tag {
    Absent,
    Select,
    Insert,
    Update,
    Delete,
    Columns,
    Expressions,
    Table,
    Column,
    Value,
    Arithmetic,
    Aggregate,
    Excluded,
    Truth,
    Raw,
    Constant,
    IsTrue,
    Compare,
    EmptyList,
    List,
    PackedList,
    Between,
    IsNull,
    Like,
    And,
    Or,
    Not,
    Ignore,
    Bound,
}

struct Shape<'k, 's> {
    dialect: &'k dyn Dialect,
    key: &'k mut Vec<u8>,
    binds: &'k mut Binds<'s>,
    padding: Padding,
    depth: usize,
}

impl<'s> Shape<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) -> Result<()> {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Raw(raw) => self.raw(raw),
        }
    }

    fn select(&mut self, select: &'s Select) -> Result<()> {
        self.tag(Tag::Select);
        let lock = select.lock.map_or(0, |lock| 1 + lock.mode as u8 * 3 + lock.wait as u8);
        self.key.push(
            u8::from(select.distinct)
                | u8::from(select.limit.is_some()) << 1
                | u8::from(select.offset.is_some()) << 2
                | lock << 3,
        );
        self.projection(&select.projection)?;
        match &select.from {
            From::Table { name, source } => {
                self.tag(Tag::Table);
                self.source(*source);
                self.name(name);
            }
            From::Select { select, source } => {
                self.source_of_select(*source, select)?;
            }
        }
        self.len(select.joins.len());
        for join in &select.joins {
            self.join(join)?;
        }
        self.predicates(&select.filter)?;
        self.expressions(&select.group_by)?;
        self.predicates(&select.having)?;
        self.orders(&select.order_by)?;
        self.count(select.limit, "limit")?;
        self.count(select.offset, "offset")
    }

    fn source_of_select(&mut self, source: Source, select: &'s Select) -> Result<()> {
        self.source(source);
        self.deeper(|shape| shape.select(select))
    }

    fn join(&mut self, join: &'s Join) -> Result<()> {
        self.key.push(join.kind as u8);
        self.source(join.source);
        self.name(&join.table);
        match &join.on {
            Some(on) => self.predicate(on),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    fn orders(&mut self, orders: &'s [Order]) -> Result<()> {
        self.len(orders.len());
        for order in orders {
            self.key.push(u8::from(order.descending));
            self.expression(&order.expression)?;
        }
        Ok(())
    }

    fn count(&mut self, count: Option<u64>, clause: &str) -> Result<()> {
        let Some(count) = count else { return Ok(()) };
        let signed = i64::try_from(count).map_err(|_| {
            Error::invalid(format!("the {clause} is greater than 9223372036854775807"))
        })?;
        if self.dialect.binds_limit() {
            self.binds.push(ValueRef::I64(signed));
        } else {
            self.key.extend_from_slice(&count.to_le_bytes());
        }
        Ok(())
    }

    fn projection(&mut self, projection: &'s Projection) -> Result<()> {
        match projection {
            Projection::Columns(columns) => {
                // They are static and cannot change, so where they lie says what they are.
                self.tag(Tag::Columns);
                self.key.extend_from_slice(&columns.as_ptr().addr().to_le_bytes());
                self.len(columns.len());
                Ok(())
            }
            Projection::Expressions(list) => {
                self.tag(Tag::Expressions);
                self.expressions(list)
            }
        }
    }

    fn returning(&mut self, returning: Option<&'s Projection>) -> Result<()> {
        match returning {
            Some(projection) => self.projection(projection),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    fn insert(&mut self, insert: &'s Insert) -> Result<()> {
        self.tag(Tag::Insert);
        self.name(&insert.table);
        self.names(&insert.columns);
        self.len(insert.values.len());
        for value in &insert.values {
            self.binds.push(value.as_ref());
        }
        match &insert.conflict {
            None => self.tag(Tag::Absent),
            Some(conflict) => {
                match &conflict.action {
                    ConflictAction::Ignore => self.tag(Tag::Ignore),
                    ConflictAction::Update(assignments) => {
                        self.tag(Tag::Update);
                        self.assignments(assignments)?;
                    }
                }
                self.names(&conflict.target);
            }
        }
        self.returning(insert.returning.as_ref())
    }

    fn update(&mut self, update: &'s Update) -> Result<()> {
        self.tag(Tag::Update);
        self.name(&update.table);
        self.key.push(u8::from(update.all) | u8::from(update.by_key) << 1);
        self.assignments(&update.assignments)?;
        self.predicates(&update.filter)?;
        self.returning(update.returning.as_ref())
    }

    fn delete(&mut self, delete: &'s Delete) -> Result<()> {
        self.tag(Tag::Delete);
        self.name(&delete.table);
        self.key.push(u8::from(delete.all) | u8::from(delete.by_key) << 1);
        self.predicates(&delete.filter)?;
        self.returning(delete.returning.as_ref())
    }

    fn assignments(&mut self, assignments: &'s [crate::statement::Assignment]) -> Result<()> {
        self.len(assignments.len());
        for assignment in assignments {
            self.source(assignment.column.source);
            self.name(&assignment.column.name);
            match &assignment.value {
                // The text is the same for every type and for null.
                Expression::Value(value) => {
                    self.tag(Tag::Bound);
                    self.binds.push(value.as_ref());
                }
                other => self
                    .expression(other)
                    .map_err(|error| error.with_column(assignment.column.name.clone()))?,
            }
        }
        Ok(())
    }

    fn expressions(&mut self, expressions: &'s [Expression]) -> Result<()> {
        self.len(expressions.len());
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }

    fn expression(&mut self, expression: &'s Expression) -> Result<()> {
        match expression {
            Expression::Column(column) => {
                self.tag(Tag::Column);
                self.column(column);
                Ok(())
            }
            Expression::Excluded(column) => {
                self.tag(Tag::Excluded);
                self.column(column);
                Ok(())
            }
            Expression::Value(value) => {
                self.tag(Tag::Value);
                self.key.push(kind(value));
                self.binds.push(value.as_ref());
                Ok(())
            }
            Expression::Arithmetic(left, operator, right) => {
                self.tag(Tag::Arithmetic);
                self.key.push(*operator as u8);
                self.deeper(|shape| {
                    shape.expression(left)?;
                    shape.expression(right)
                })
            }
            Expression::Aggregate(aggregate) => self.deeper(|shape| shape.aggregate(aggregate)),
            Expression::Predicate(predicate) => {
                self.tag(Tag::Truth);
                self.deeper(|shape| shape.predicate(predicate))
            }
            Expression::Raw(raw) => self.raw(raw),
            Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
        }
    }

    fn aggregate(&mut self, aggregate: &'s Aggregate) -> Result<()> {
        self.tag(Tag::Aggregate);
        self.key.push(aggregate.function as u8);
        self.key.push(u8::from(aggregate.distinct));
        match &aggregate.argument {
            Some(argument) => self.expression(argument),
            None => {
                self.tag(Tag::Absent);
                Ok(())
            }
        }
    }

    fn predicates(&mut self, predicates: &'s [Predicate]) -> Result<()> {
        self.len(predicates.len());
        predicates.iter().try_for_each(|predicate| self.predicate(predicate))
    }

    fn predicate(&mut self, predicate: &'s Predicate) -> Result<()> {
        self.unplaced_predicate(predicate).map_err(|error| {
            let column = match predicate {
                Predicate::Compare(left, _, right) => subject(left).or_else(|| subject(right)),
                Predicate::In { expression, .. }
                | Predicate::Between { expression, .. }
                | Predicate::Like { expression, .. } => subject(expression),
                _ => None,
            };
            match column {
                Some(column) => error.with_column(column.clone()),
                None => error,
            }
        })
    }

    fn unplaced_predicate(&mut self, predicate: &'s Predicate) -> Result<()> {
        match predicate {
            Predicate::Constant(truth) => self.flagged(Tag::Constant, *truth),
            Predicate::IsTrue(expression) => {
                self.tag(Tag::IsTrue);
                return self.expression(expression);
            }
            Predicate::Compare(left, operator, right) => {
                return self.compare(left, *operator, right);
            }
            Predicate::In { expression, values, negated } => {
                return self.is_in(expression, values, *negated);
            }
            Predicate::Between { expression, low, high, negated } => {
                if is_null(low) || is_null(high) {
                    return Err(Error::invalid("a range cannot end at null"));
                }
                self.flagged(Tag::Between, *negated);
                self.expression(expression)?;
                self.expression(low)?;
                return self.expression(high);
            }
            Predicate::IsNull { expression, negated } => {
                self.flagged(Tag::IsNull, *negated);
                return self.expression(expression);
            }
            Predicate::Like { expression, pattern, negated } => {
                self.flagged(Tag::Like, *negated);
                self.expression(expression)?;
                let Value::Text(pattern) = pattern else {
                    let error = format!("a pattern is text, not {}", pattern.type_name());
                    return Err(Error::invalid(error));
                };
                match self.dialect.like_pattern(pattern) {
                    Some(own) => self.binds.derive(Value::Text(own)),
                    None => self.binds.push(ValueRef::Text(pattern)),
                }
            }
            Predicate::And(all) => {
                self.tag(Tag::And);
                return self.deeper(|shape| shape.predicates(all));
            }
            Predicate::Or(any) => {
                self.tag(Tag::Or);
                return self.deeper(|shape| shape.predicates(any));
            }
            Predicate::Not(inner) => {
                self.tag(Tag::Not);
                return self.deeper(|shape| shape.predicate(inner));
            }
            Predicate::Raw(raw) => return self.raw(raw),
        }
        Ok(())
    }

    fn compare(
        &mut self,
        left: &'s Expression,
        operator: CompareOperator,
        right: &'s Expression,
    ) -> Result<()> {
        self.tag(Tag::Compare);
        self.key.push(operator as u8);
        if !is_null(left) && !is_null(right) {
            self.expression(left)?;
            return self.expression(right);
        }
        if !matches!(operator, CompareOperator::Equal | CompareOperator::NotEqual) {
            return Err(Error::invalid("null is neither less nor greater than a value"));
        }
        // A null that is compared with is not bound, it changes the text.
        for side in [left, right] {
            if is_null(side) {
                self.tag(Tag::Absent);
            } else {
                self.expression(side)?;
            }
        }
        Ok(())
    }

    fn is_in(
        &mut self,
        expression: &'s Expression,
        values: &'s [Value],
        negated: bool,
    ) -> Result<()> {
        let form = ListForm::of(self.dialect, values, self.padding)?;
        if matches!(form, ListForm::Empty) {
            self.flagged(Tag::EmptyList, negated);
            return Ok(());
        }
        let mut decimal = false;
        for value in values {
            match value {
                Value::Null => {
                    let error = Error::invalid("a list to look in cannot hold null");
                    return Err(error.with_hint("ask for null in a predicate of its own"));
                }
                Value::Decimal(_) => decimal = true,
                _ => {}
            }
        }
        let flags = u8::from(negated) | u8::from(decimal) << 1;
        match form {
            ListForm::Packed(list) => {
                self.tag(Tag::PackedList);
                self.key.extend_from_slice(&[flags, list.form]);
                self.expression(expression)?;
                self.binds.derive(list.value);
            }
            ListForm::Each(count) => {
                self.tag(Tag::List);
                self.key.push(flags);
                self.len(count);
                self.expression(expression)?;
                let last = values.last().map(Value::as_ref);
                let rest = last.into_iter().cycle().take(count.saturating_sub(values.len()));
                values.iter().map(Value::as_ref).chain(rest).for_each(|v| self.binds.push(v));
            }
            ListForm::Empty => {}
        }
        Ok(())
    }

    fn raw(&mut self, raw: &'s RawSql) -> Result<()> {
        if let Some(mismatch) = raw.mismatch() {
            return Err(mismatch.clone().into_encode_error());
        }
        self.tag(Tag::Raw);
        self.name(raw.text());
        self.len(raw.binds().len());
        raw.binds().iter().for_each(|value| self.binds.push(value.as_ref()));
        Ok(())
    }

    // The bytes.

    fn tag(&mut self, tag: Tag) {
        self.key.push(tag as u8);
    }

    fn flagged(&mut self, tag: Tag, flag: bool) {
        self.key.extend_from_slice(&[tag as u8, u8::from(flag)]);
    }

    fn len(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(short) if short < u8::MAX => self.key.push(short),
            _ => {
                self.key.push(u8::MAX);
                self.key.extend_from_slice(&len.to_le_bytes());
            }
        }
    }

    fn name(&mut self, name: &str) {
        self.len(name.len());
        self.key.extend_from_slice(name.as_bytes());
    }

    fn names(&mut self, names: &[crate::Name]) {
        self.len(names.len());
        names.iter().for_each(|name| self.name(name));
    }

    fn source(&mut self, source: Source) {
        self.key.extend_from_slice(&source.0.to_le_bytes());
    }

    fn column(&mut self, column: &ColumnRef) {
        self.source(column.source);
        self.name(&column.name);
        self.ty(column.ty);
    }

    fn ty(&mut self, ty: Option<ColumnType>) {
        let tag = match ty {
            None => 0,
            Some(ColumnType::Bool) => 1,
            Some(ColumnType::I8) => 2,
            Some(ColumnType::I16) => 3,
            Some(ColumnType::I32) => 4,
            Some(ColumnType::I64) => 5,
            Some(ColumnType::U8) => 6,
            Some(ColumnType::U16) => 7,
            Some(ColumnType::U32) => 8,
            Some(ColumnType::U64) => 9,
            Some(ColumnType::F32) => 10,
            Some(ColumnType::F64) => 11,
            Some(ColumnType::Decimal { precision, scale }) => {
                self.key.extend_from_slice(&[12, precision, scale]);
                return;
            }
            Some(ColumnType::Text) => 13,
            Some(ColumnType::String { length }) => {
                self.key.push(14);
                self.key.extend_from_slice(&length.to_le_bytes());
                return;
            }
            Some(ColumnType::Bytes) => 15,
            Some(ColumnType::Uuid) => 16,
            Some(ColumnType::Date) => 17,
            Some(ColumnType::Time) => 18,
            Some(ColumnType::DateTime) => 19,
            Some(ColumnType::Timestamp) => 20,
            Some(ColumnType::Json) => 21,
            Some(ColumnType::Array) => 22,
            Some(ColumnType::Document) => 23,
            Some(ColumnType::ObjectId) => 24,
        };
        self.key.push(tag);
    }

    fn deeper(&mut self, walk: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth == DEPTH {
            return Err(Error::invalid(format!(
                "predicates and expressions stand in each other more than {DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let result = walk(self);
        self.depth -= 1;
        result
    }
}

/// What the text can depend on of the type of a bound value, which is what
/// [`Expression::column_type`] tells of it, and whether it is null.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Decimal(_) => 1,
        Value::F64(_) => 2,
        Value::I64(_) => 3,
        Value::U64(_) => 4,
        _ => 5,
    }
}

fn is_null(expression: &Expression) -> bool {
    matches!(expression, Expression::Value(Value::Null))
}
