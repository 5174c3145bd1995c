//! Changes inside of documents, as they are sent, and what is refused.

use std::collections::BTreeMap;

use super::*;

cases![Orm:
    lists_are_changed[DOCUMENT, NESTED_UPDATES], parts_are_set[DOCUMENT, NESTED_UPDATES],
    computed_parts[DOCUMENT, NESTED_UPDATES], lists_beside_computed_parts[DOCUMENT, NESTED_UPDATES],
    elements_are_pulled[DOCUMENT, NESTED_UPDATES], commands_as_text[DOCUMENT],
    changes_that_clash_are_refused[DOCUMENT, NESTED_UPDATES],
    hostile_names_are_refused[DOCUMENT],
];

async fn lists_are_changed(_: Orm) -> Outcome {
    customers().await?;
    let bob = || Customer::query().filter(|c| c.name.eq("bob"));
    assert_eq!(bob().update(|c| c.tags.push("a")).await?, 1, "what is missing is an empty list");
    bob().update(|c| c.tags.push_all(["b", "a"])).await?;
    assert_eq!(one("bob").await?.tags, Some(texts(&["a", "b", "a"])));
    bob().update(|c| c.tags.add_to_set("b")).await?;
    bob().update(|c| c.tags.add_all_to_set(["b", "c"])).await?;
    assert_eq!(one("bob").await?.tags, Some(texts(&["a", "b", "a", "c"])));
    bob().update(|c| c.tags.pull("a")).await?;
    assert_eq!(one("bob").await?.tags, Some(texts(&["b", "c"])));
    bob().update(|c| c.tags.pull_all(["c", "q"])).await?;
    assert_eq!(one("bob").await?.tags, Some(texts(&["b"])));
    bob().update(|c| c.tags.unset()).await?;
    assert_eq!(one("bob").await?.tags, None);
    bob().update(|c| c.tags.pull("b")).await?;
    assert_eq!(one("bob").await?.tags, None, "there is nothing to take out");
    let ada = || Customer::query().filter(|c| c.name.eq("ada"));
    ada().update(|c| (c.lines.push(line("z", 9, 1)), c.tags.pull_where(|t| t.ge("y")))).await?;
    let read = one("ada").await?;
    assert_eq!((read.lines.len(), read.tags), (3, Some(texts(&["x"]))));
    assert_eq!(read.lines[2], line("z", 9, 1));
    ada().update(|c| c.lines.pull_where(|l| l.quantity.gt(4).and(l.sku.ne("z")))).await?;
    let skus = |lines: &[Line]| lines.iter().map(|line| line.sku.clone()).collect::<Vec<_>>();
    assert_eq!(skus(&one("ada").await?.lines), ["a", "z"]);
    ada().update(|c| c.lines.pull_where(|l| l.quantity.eq(9))).await?;
    assert_eq!(skus(&one("ada").await?.lines), ["a"]);
    ada().update(|c| c.lines.pull(line("a", 1, 1_050))).await?;
    assert_eq!(one("ada").await?.lines, []);
    Ok(())
}

/// Those for which a condition holds that operators can say, or cannot.
async fn elements_are_pulled(_: Orm) -> Outcome {
    let skus = |lines: &[Line]| lines.iter().map(|line| line.sku.clone()).collect::<Vec<_>>();
    customers().await?;
    let all = || Customer::query().filter(|c| c.visits.ge(0));
    assert_eq!(
        all().update(|c| c.lines.pull_where(|l| l.sku.eq("a").or(l.quantity.eq(2)))).await?,
        3
    );
    assert_eq!(skus(&one("ada").await?.lines), ["b"]);
    assert_eq!(skus(&one("bob").await?.lines), [""; 0]);
    customers().await?;
    all().update(|c| c.lines.pull_where(|l| (l.quantity + 1).gt(2).and(l.sku.ne("z")))).await?;
    assert_eq!(skus(&one("ada").await?.lines), ["a"]);
    assert_eq!(skus(&one("bob").await?.lines), [""; 0]);
    let tags = |tags: &[&str]| Some(texts(tags));
    all().update(|c| c.tags.set(vec!["x".to_owned(), "y".to_owned(), "z".to_owned()])).await?;
    all().update(|c| c.tags.pull_where(|t| t.eq("x").or(t.ge("z")))).await?;
    assert_eq!(one("ada").await?.tags, tags(&["y"]));
    // without a list there is nothing to take out, and none is made
    all().update(|c| c.tags.unset()).await?;
    all().update(|c| c.tags.pull_where(|t| t.eq("x").or(t.eq("y")))).await?;
    assert_eq!(one("ada").await?.tags, None);
    Ok(())
}

async fn parts_are_set(_: Orm) -> Outcome {
    customers().await?;
    let cyd = || Customer::query().filter(|c| c.name.eq("cyd"));
    let location = Location { lat: 59.9, lon: 10.7 };
    cyd()
        .update(|c| {
            (
                c.address.city.set("Bergen"),
                c.address.zip.set("5003"),
                c.address.location.set(location.clone()),
                c.visits.inc(2),
                c.name.set("cyd"),
            )
        })
        .await?;
    let read = one("cyd").await?;
    assert_eq!((read.address.city.as_str(), read.visits), ("Bergen", 5));
    assert_eq!(read.address.kind, Kind::Home, "the rest stays");
    assert_eq!(
        (read.address.zip.as_deref(), read.address.location),
        (Some("5003"), Some(location))
    );
    cyd().update(|c| (c.address.zip.set(None), c.address.location.unset())).await?;
    let read = one("cyd").await?;
    assert_eq!((read.address.zip, read.address.location), (None, None));
    assert_eq!(names(|c| c.address.zip.exists()).await?, ["ada"]);
    // what has to be there for it is made
    cyd().update(|c| (c.address.location.lat.set(1.0), c.address.location.lon.set(2.0))).await?;
    assert_eq!(one("cyd").await?.address.location, Some(Location { lat: 1.0, lon: 2.0 }));
    Ok(())
}

async fn computed_parts(_: Orm) -> Outcome {
    customers().await?;
    let ada = || Customer::query().filter(|c| c.name.eq("ada"));
    ada().increment(|c| c.address.location.lat, 0.5).await?;
    ada().update(|c| (c.address.city.set(c.name), c.address.zip.set(None))).await?;
    let read = one("ada").await?.address;
    assert_eq!((read.city.as_str(), read.zip), ("ada", None));
    assert_eq!(read.location.map(|location| location.lat), Some(49.4));
    Ok(())
}

/// With something computed beside them, lists and numbers are changed by expressions, to the same end.
async fn lists_beside_computed_parts(_: Orm) -> Outcome {
    customers().await?;
    let who = |name: &'static str| Customer::query().filter(move |c| c.name.eq(name));
    let changed = who("ada").update(|c| {
        (
            c.address.city.set(c.name),
            c.tags.push_all(["z", "x"]),
            c.visits.inc(2),
            c.address.location.lat.inc(0.5),
            c.lines.pull_where(|l| l.sku.eq("b")),
        )
    });
    assert_eq!(changed.await?, 1);
    let read = one("ada").await?;
    assert_eq!((read.address.city.as_str(), read.visits), ("ada", 2));
    assert_eq!(read.address.location.map(|location| location.lat), Some(49.4));
    assert_eq!(read.tags, Some(texts(&["x", "y", "z", "x"])));
    assert_eq!(read.lines, [line("a", 1, 1_050)]);
    let added = who("ada")
        .update(|c| (c.address.city.set(c.name), c.tags.add_all_to_set(["w", "x", "w", "$name"])));
    added.await?;
    assert_eq!(one("ada").await?.tags, Some(texts(&["x", "y", "z", "x", "w", "$name"])));
    who("ada").update(|c| (c.address.city.set(c.name), c.tags.pull_all(["x", "q"]))).await?;
    assert_eq!(one("ada").await?.tags, Some(texts(&["y", "z", "w", "$name"])));

    // what is missing: nothing to take out, an empty list, a number that is 0
    who("bob").update(|c| (c.address.city.set(c.name), c.tags.pull("x"))).await?;
    assert_eq!(one("bob").await?.tags, None);
    who("bob")
        .update(|c| (c.address.city.set(c.name), c.tags.push("a"), c.billing.unset()))
        .await?;
    assert_eq!(one("bob").await?.tags, Some(texts(&["a"])));

    // no number wraps, and then nothing is written
    who("ada").update(|c| c.visits.set(i64::MAX)).await?;
    let beyond = who("ada")
        .update(|c| (c.address.city.set("Rome"), c.name.set(c.address.city), c.visits.inc(1)));
    let error = beyond.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let read = one("ada").await?;
    assert_eq!((read.address.city.as_str(), read.visits), ("ada", i64::MAX));
    Ok(())
}

async fn changes_that_clash_are_refused(_: Orm) -> Outcome {
    customers().await?;
    let all = || Customer::query().filter(|c| c.visits.ge(0));
    let place = Location { lat: 1.0, lon: 2.0 };
    for clash in [
        all().update(|c| (c.tags.push("a"), c.tags.pull("b"))),
        all().update(|c| (c.address.city.set("a"), c.address.set(address("b", Kind::Home, None)))),
        all().update(|c| (c.address.location.set(place), c.address.location.lat.inc(1.0))),
        all().update(|c| (c.visits.inc(1), c.visits.set(2))),
    ] {
        let error = clash.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.column().is_some(), "{error}");
    }
    Ok(())
}

async fn commands_as_text(_: Orm) -> Outcome {
    if !is_sent_commands().await? {
        return Ok(());
    }
    let sql = |query: eloquent::Query<Customer>| async move {
        let text = query.to_sql().await?;
        let filter =
            text.split_once(r#""filter":"#).and_then(|(_, rest)| rest.split_once(r#","proj"#));
        Ok::<_, eloquent::Error>(filter.map_or(text.clone(), |(filter, _)| filter.to_owned()))
    };
    let all = Customer::query;
    for (query, expected) in [
        (all().filter(|c| c.address.city.eq("x")), r#"{"address.city":{"$eq":"?"}}"#),
        (
            all().filter(|c| c.address.location.lat.lt(1.0)),
            r#"{"address.location.lat":{"$lt":"?"}}"#,
        ),
        (all().filter(|c| c.tags.contains("x")), r#"{"tags":{"$type":"array","$all":["?"]}}"#),
        (
            all().filter(|c| c.tags.contains_any(["x", "y"])),
            r#"{"tags":{"$type":"array","$in":["?","?"]}}"#,
        ),
        (
            all().filter(|c| !c.tags.contains("x")),
            r#"{"tags":{"$type":"array","$not":{"$all":["?"]}}}"#,
        ),
        (all().filter(|c| c.tags.size().eq(2)), r#"{"tags":{"$size":"?"}}"#),
        (
            all().filter(|c| c.lines.any(|l| l.sku.eq("x").and(l.quantity.gt(1)))),
            r#"{"lines":{"$type":"array","$elemMatch":{"sku":{"$eq":"?"},"quantity":{"$gt":"?"}}}}"#,
        ),
        (
            all().filter(|c| c.tags.any(|t| t.gt("a"))),
            r#"{"tags":{"$type":"array","$elemMatch":{"$gt":"?"}}}"#,
        ),
        (all().filter(|c| c.billing.exists()), r#"{"billing":{"$exists":true}}"#),
        (all().filter(|c| c.address.zip.missing()), r#"{"address.zip":{"$exists":false}}"#),
    ] {
        assert_eq!(sql(query).await?, expected);
    }
    let ordered = all().order_by(|c| c.address.city.desc()).to_sql().await?;
    assert!(ordered.contains(r#""sort":{"address.city":-1}"#), "{ordered}");
    let some = || Customer::query().filter(|c| c.visits.eq(1));
    for (update, expected) in [
        (some().update(|c| c.tags.push("a")), r#"{"$push":{"tags":{"$each":["?"]}}}"#),
        (
            some().update(|c| c.tags.push_all(["a", "b"])),
            r#"{"$push":{"tags":{"$each":["?","?"]}}}"#,
        ),
        (some().update(|c| c.tags.add_to_set("a")), r#"{"$addToSet":{"tags":{"$each":["?"]}}}"#),
        (some().update(|c| c.tags.pull("a")), r#"{"$pull":{"tags":{"$in":["?"]}}}"#),
        (
            some().update(|c| c.lines.pull_where(|l| l.quantity.gt(1))),
            r#"{"$pull":{"lines":{"quantity":{"$gt":"?"}}}}"#,
        ),
        (some().update(|c| c.tags.pull_where(|t| t.gt("a"))), r#"{"$pull":{"tags":{"$gt":"?"}}}"#),
        (some().update(|c| c.visits.inc(1)), r#"{"$inc":{"visits":"?"}}"#),
        (some().update(|c| c.billing.unset()), r#"{"$unset":{"billing":""}}"#),
        (
            some().update(|c| (c.address.city.set("a"), c.address.zip.set("b"))),
            r#"{"$set":{"address.city":"?","address.zip":"?"}}"#,
        ),
    ] {
        let text = update.to_sql().await?;
        assert!(text.contains(&format!(r#""u":{expected}"#)), "{text}\nlacks {expected}");
    }
    Ok(())
}

async fn hostile_names_are_refused(_: Orm) -> Outcome {
    if !is_sent_commands().await? {
        return Ok(());
    }
    customers().await?;
    for name in ["$gt", "$where", "", "a.b", "a\0"] {
        let bad: Document = [(name.to_owned(), Value::I64(1))].into_iter().collect();
        let deep = [("a".to_owned(), Value::Array(vec![Value::Document(bad)]))];
        let deep: Document = deep.into_iter().collect();
        let refused = |error: eloquent::Error| {
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::Encode, Some("settings")),
                "{error}"
            );
            assert!(!error.to_string().contains("where"), "{error}");
        };
        refused(names(|c| c.settings.eq(deep.clone())).await.unwrap_err());
        let all = || Customer::query().filter(|c| c.visits.ge(0));
        refused(all().update(|c| c.settings.set(deep.clone())).await.unwrap_err());
        let mut ada = one("ada").await?;
        refused(ada.update(|ada| ada.settings = Some(deep.clone())).await.unwrap_err());
        assert_eq!(ada.settings, None);
        let lists = Lists::query().update(|l| l.all.push(deep.clone()));
        let error = lists.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnboundedWrite, "{error}");
        let free = Json(vec![BTreeMap::from([(name.to_owned(), 1)])]);
        let some = || Lists::query().filter(|l| l.all.size().ge(0));
        for change in [
            some().update(|l| l.all.push(deep.clone())),
            some().update(|l| l.all.add_to_set(deep.clone())),
            some().update(|l| l.all.pull(deep.clone())),
            some().update(|l| l.inner.free.set(free.clone())),
            some().update(|l| l.inner.set(Free { free: free.clone() })),
        ] {
            let error = change.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        }
        for query in [
            Lists::query().filter(|l| l.all.contains(deep.clone())),
            Lists::query().filter(|l| l.inner.free.eq(free.clone())),
        ] {
            let error = query.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        }
    }
    // what looks like an operator is a value like any other
    let value: Document = [("a".to_owned(), Value::Text("$name".to_owned()))].into_iter().collect();
    Customer::query()
        .filter(|c| c.name.eq("ada"))
        .update(|c| c.settings.set(value.clone()))
        .await?;
    assert_eq!(one("ada").await?.settings, Some(value));
    Ok(())
}

#[derive(Embedded, Debug, Clone, PartialEq)]
struct Free {
    free: Json<Vec<BTreeMap<String, i64>>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct Lists {
    id: ObjectId,
    all: Vec<Document>,
    inner: Free,
}
