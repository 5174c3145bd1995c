//! Selects: a find where that is enough, else a pipeline.

use eloquent_core::statement::{
    ColumnRef, Expression, From, JoinKind, Order, Predicate, Projection, Root, Select, Source,
};
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use super::filter::constantly;
use super::plan::Plan;
use super::scope::Scope;
use super::{Form, field, group, join};
use crate::command::{Command, Find, Keyless, Query, Read, raw};
use crate::error::DRIVER;
use crate::shape::Shape;

/// The command of a select.
pub(super) fn read(select: &Select, form: Form) -> Result<Command> {
    if let Some(read) = of_columns(select, form)? {
        return Ok(Command::Read(read));
    }
    let fields = fields(&select.projection)?;
    let shape = Shape::of_results(&fields);
    let collection = select.from.table().unwrap_or_default().to_owned();
    let query = match plain(select, &fields, form)? {
        Some(find) => Query::Find(Box::new(find)),
        None => {
            let mut pipeline = Pipeline::of(select, &fields, form, true)?;
            let keyless = pipeline.keyless.take();
            let (collection, stages) = (pipeline.collection, pipeline.stages);
            let query = Query::Pipeline { stages, keyless };
            let shape = shape.numbered();
            let is_empty = is_empty(select);
            return Ok(Command::Read(Read { collection, query, shape, is_empty }));
        }
    };
    Ok(Command::Read(Read { collection, query, shape, is_empty: is_empty(select) }))
}

/// A select of the columns of a model; `None` where it is more than that.
fn of_columns(select: &Select, form: Form) -> Result<Option<Read>> {
    let (From::Table { name, source: Source(0) }, Projection::Columns(columns)) =
        (&select.from, &select.projection)
    else {
        return Ok(None);
    };
    if !is_plain(select, &[]) {
        return Ok(None);
    }
    let plan = Plan::of(columns)?;
    let Some(projection) = &plan.projection else { return Ok(None) };
    let find = find(select, projection.clone(), &Scope::root(Source(0), form))?;
    Ok(Some(Read {
        collection: name.clone().into_owned(),
        query: Query::Find(Box::new(find)),
        shape: plan.shape.clone(),
        is_empty: is_empty(select),
    }))
}

/// Whether no row is asked for: to the server, a limit of 0 is none.
fn is_empty(select: &Select) -> bool {
    let inner = match &select.from {
        From::Select { select: inner, .. } => {
            is_empty(inner)
                && !group::is_grouped(select, &fields(&select.projection).unwrap_or_default())
        }
        _ => false,
    };
    select.limit == Some(0)
        || select.offset.is_some_and(|rows| i64::try_from(rows).is_err())
        || inner
}

/// What each row holds, as expressions.
pub(super) fn fields(projection: &Projection) -> Result<Vec<Expression>> {
    let fields: Vec<_> = match projection {
        Projection::Expressions(expressions) => expressions.clone(),
        Projection::Columns(columns) => columns
            .iter()
            .map(|column| {
                let (name, ty) = (column.name.clone(), Some(column.ty));
                Expression::Column(ColumnRef { source: Source(0), name, ty })
            })
            .collect(),
    };
    match fields.is_empty() {
        true => Err(Error::invalid("the statement asks for no columns")),
        false => Ok(fields),
    }
}

/// A select of columns of one table.
fn plain(select: &Select, fields: &[Expression], form: Form) -> Result<Option<Find>> {
    let From::Table { source, .. } = &select.from else { return Ok(None) };
    if !is_plain(select, fields) {
        return Ok(None);
    }
    let scope = Scope::root(*source, form);
    let mut projection = doc! { "_id": 0 };
    for expression in fields {
        if let Some(path) = path(expression, &scope)?
            && projection.insert(path, 1).is_some_and(|old| old != Bson::Int32(0))
        {
            return Ok(None); // the same column twice
        }
    }
    find(select, raw(&projection)?, &scope).map(Some)
}

/// Whether a find can do it: columns of one table, in the order of what is in documents.
fn is_plain(select: &Select, fields: &[Expression]) -> bool {
    let is_column = |expression: &Expression| matches!(expression, Expression::Column(_));
    let is_there =
        |order: &Order| matches!(order.expression, Expression::Column(_) | Expression::Path(_));
    select.joins.is_empty()
        && !select.distinct
        && !group::is_grouped(select, fields)
        && fields.iter().all(is_column)
        && select.order_by.iter().all(is_there)
}

fn find(select: &Select, projection: RawDocumentBuf, scope: &Scope) -> Result<Find> {
    let (skip, limit) = page(select);
    Ok(Find {
        filter: scope.matching(&select.filter)?,
        projection,
        sort: sort(&select.order_by, scope)?.unwrap_or_default(),
        skip,
        limit,
    })
}

fn path(expression: &Expression, scope: &Scope) -> Result<Option<String>> {
    match expression {
        Expression::Column(column) => scope.path(column),
        _ => Ok(None),
    }
}

/// The order by columns; `None` when there are other expressions in it. To the server, null and what is
/// missing come before all values.
fn sort(order: &[Order], scope: &Scope) -> Result<Option<Document>> {
    let mut sort = Document::new();
    for term in order {
        let Some(path) = scope.reach(&term.expression)?.map(|reached| reached.path) else {
            return Ok(None);
        };
        // a column that comes again changes nothing
        sort.entry(path).or_insert(direction(term));
    }
    Ok(Some(sort))
}

fn direction(term: &Order) -> Bson {
    Bson::Int32(if term.descending { -1 } else { 1 })
}

/// How many rows are passed over, and how many are wanted. Their sum has to stay in range.
fn page(select: &Select) -> (Option<i64>, Option<i64>) {
    let number = |rows: Option<u64>| rows.and_then(|rows| i64::try_from(rows).ok());
    let skip = number(select.offset).filter(|rows| *rows > 0);
    let limit = number(select.limit);
    (skip, limit.filter(|rows| rows.checked_add(skip.unwrap_or(0)).is_some()))
}

/// A pipeline that is being made.
struct Pipeline {
    collection: String,
    stages: Vec<Document>,
    keyless: Option<Keyless>,
}

impl Pipeline {
    /// The pipeline of a select. Its results are named `f0`, `f1` and so on if it is the outermost, and
    /// like their columns if not.
    fn of(select: &Select, fields: &[Expression], form: Form, outermost: bool) -> Result<Self> {
        let grouped = group::is_grouped(select, fields);
        let keyless = grouped && select.group_by.is_empty();
        if keyless && !outermost {
            return Err(Error::unsupported(
                "a function over all rows inside of another select",
                DRIVER,
            ));
        }
        let (mut pipeline, mut scope, filter) = Self::start(select, form)?;
        if !filter.is_empty() {
            pipeline.push("$match", scope.matching(&filter)?);
        }
        if grouped {
            let (taken, group) = group::stage(select, fields, &scope)?;
            pipeline.push("$group", taken);
            scope.group = Some(group);
            if !keyless && !select.having.is_empty() {
                pipeline.push("$match", scope.matching(&select.having)?);
            }
        }
        let names = names(fields, outermost)?;
        if keyless {
            let mut results = results(fields, &names, &scope)?;
            let held = select.having.iter().map(|one| scope.truth(one, true));
            results.insert("held", doc! { "$and": held.collect::<Result<Vec<_>>>()? });
            pipeline.push("$project", results);
            let empty = select.evaluate(&|_| Ok(&[]))?;
            let is_wanted = select.offset.unwrap_or(0) == 0;
            pipeline.keyless = Some(Keyless { empty, is_wanted });
            return Ok(pipeline);
        }
        match select.distinct {
            true => pipeline.distinct(select, fields, &names, &scope)?,
            false => {
                pipeline.order(select, &scope)?;
                pipeline.page(select);
                pipeline.push("$project", results(fields, &names, &scope)?);
            }
        }
        Ok(pipeline)
    }

    /// Where rows come from, with the joins; and the part of the filter that is still to be applied.
    fn start(select: &Select, form: Form) -> Result<(Self, Scope, Vec<Predicate>)> {
        let (mut pipeline, source) = match &select.from {
            From::Table { name, source } => {
                super::check_collection(name)?;
                let collection = name.clone().into_owned();
                (Pipeline { collection, stages: Vec::new(), keyless: None }, *source)
            }
            From::Select { select: inner, source } => {
                let fields = fields(&inner.projection)?;
                (Self::of(inner, &fields, form, false)?, *source)
            }
            _ => return Err(Error::unsupported("this source of rows", DRIVER)),
        };
        let root = Scope::root(source, form);
        let mut filter = select.filter.clone();
        if select.joins.is_empty() {
            return Ok((pipeline, root, filter));
        }
        // what is about the first table alone goes first, where an index can serve it
        if select.joins.iter().all(|join| join.kind != JoinKind::Right) {
            let (first, rest) = filter.into_iter().partition(|one| is_about(one, source));
            let first: Vec<_> = first;
            if !first.is_empty() {
                pipeline.push("$match", root.matching(&first)?);
            }
            filter = rest;
        }
        pipeline.stages.push(join::put_inside(source));
        let mut sources = vec![source];
        for one in &select.joins {
            join::join(one, &mut pipeline.collection, &mut pipeline.stages, &sources, form)?;
            sources.push(one.source);
        }
        Ok((pipeline, join::scope(sources.into_iter(), form), filter))
    }

    fn push(&mut self, stage: &str, content: impl Into<Bson>) {
        self.stages.push(Document::from_iter([(stage.to_owned(), content.into())]));
    }

    fn order(&mut self, select: &Select, scope: &Scope) -> Result<()> {
        if select.order_by.is_empty() {
            return Ok(());
        }
        if let Some(sort) = sort(&select.order_by, scope)? {
            self.push("$sort", sort);
            return Ok(());
        }
        let (mut set, mut sort) = (Document::new(), Document::new());
        for (number, term) in select.order_by.iter().enumerate() {
            let name = format!("eloquent_order_{number}");
            let value = scope.value(&term.expression)?;
            set.insert(&name, doc! { "$ifNull": [value, Bson::Null] });
            sort.insert(name, direction(term));
        }
        self.push("$set", set);
        self.push("$sort", sort);
        Ok(())
    }

    fn page(&mut self, select: &Select) {
        let (skip, limit) = page(select);
        if let Some(skip) = skip {
            self.push("$skip", skip);
        }
        match limit {
            // the server knows no limit of nothing
            Some(0) => self.push("$match", constantly(false)),
            Some(limit) => self.push("$limit", limit),
            None => {}
        }
    }

    /// Equal results once, and ordered by what is left of them.
    fn distinct(
        &mut self,
        select: &Select,
        fields: &[Expression],
        names: &[String],
        scope: &Scope,
    ) -> Result<()> {
        let mut key = Document::new();
        for (number, expression) in fields.iter().enumerate() {
            let value = scope.value(expression)?;
            key.insert(format!("f{number}"), doc! { "$ifNull": [value, Bson::Null] });
        }
        self.push("$group", doc! { "_id": key });
        let mut sort = Document::new();
        for term in &select.order_by {
            let place = fields.iter().position(|field| *field == term.expression);
            let place = place.ok_or_else(|| {
                Error::invalid("distinct rows can only be ordered by what they hold")
            })?;
            sort.entry(format!("_id.f{place}")).or_insert(direction(term));
        }
        if !sort.is_empty() {
            self.push("$sort", sort);
        }
        self.page(select);
        let mut results = Document::new();
        for (number, name) in names.iter().enumerate() {
            results.insert(name, format!("$_id.f{number}"));
        }
        if !results.contains_key("_id") {
            results.insert("_id", 0);
        }
        self.push("$project", results);
        Ok(())
    }
}

/// The names of results in the documents of the pipeline.
fn names(fields: &[Expression], outermost: bool) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for (number, expression) in fields.iter().enumerate() {
        let name = match expression {
            _ if outermost => format!("f{number}"),
            Expression::Column(column) => field(&column.name)?.to_owned(),
            _ => "value".to_owned(),
        };
        // of several of one name the first is meant
        let is_taken = names.contains(&name);
        names.push(if is_taken { format!("{name}_{number}") } else { name });
    }
    Ok(names)
}

fn results(fields: &[Expression], names: &[String], scope: &Scope) -> Result<Document> {
    let mut results = Document::new();
    for (expression, name) in fields.iter().zip(names) {
        results.insert(name, scope.value(expression)?);
    }
    if !results.contains_key("_id") {
        results.insert("_id", 0);
    }
    Ok(results)
}

/// Whether a predicate is about columns of this table and values only.
fn is_about(predicate: &Predicate, source: Source) -> bool {
    fn expression(of: &Expression, source: Source) -> bool {
        match of {
            Expression::Column(column) => column.source == source,
            Expression::Path(path) => match &path.root {
                Root::Column(column) => column.source == source,
                Root::Element(_) => true,
            },
            Expression::Size(list) => expression(list, source),
            Expression::Value(_) => true,
            Expression::Arithmetic(left, _, right) => {
                expression(left, source) && expression(right, source)
            }
            Expression::Predicate(predicate) => is_about(predicate, source),
            _ => false,
        }
    }
    let mut all = !matches!(predicate, Predicate::Raw(_));
    let _ = group::each(predicate, &mut |one| {
        all &= expression(one, source);
        Ok(())
    });
    all
}
