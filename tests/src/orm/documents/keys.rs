//! Keys of document models, and the models of the specification.

use std::collections::BTreeMap;

use super::*;

cases![Orm:
    object_ids_are_made[DOCUMENT, UPSERT], keys_of_other_types[DOCUMENT], numbers_follow_each_other[DOCUMENT, RETURNING],
    text_is_no_object_id[DOCUMENT], the_models_of_the_specification[DOCUMENT, RETURNING],
];

async fn object_ids_are_made(_: Orm) -> Outcome {
    let customers = customers().await?;
    let mut ids: Vec<ObjectId> = customers.iter().map(|customer| customer.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(Customer::find(ids[1]).or_fail().await?, customers[1]);
    assert_eq!(Customer::find_many([ids[0], ids[2]]).await?.len(), 2);
    // in the database it is an object id, under the name that keys have there
    let stored = RawKey::query().filter(|k| k.name.eq("ada")).sole().await?;
    assert_eq!(stored.id, ids[0]);
    // one that is given is kept, and what is of another type is no key
    let given: ObjectId = "65f1c0ffee65f1c0ffee65f1".parse().expect("an object id");
    let draft = new!(RawKey { id: given, name: "given" });
    assert_eq!(RawKey::create(draft).await?.id, given);
    assert!("65f1c0ffee".parse::<ObjectId>().is_err());
    let keys =
        RawKey::insert_many([new!(RawKey { name: "a" }), new!(RawKey { name: "b" })]).await?;
    assert!(keys.len() == 2 && keys[0] != keys[1]);
    RawKey::upsert([new!(RawKey { name: "c" })]).unique_by(|k| k.name).await?;
    assert_eq!(RawKey::query().filter(|k| k.name.eq("c")).count().await?, 1);
    Ok(())
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct RawKey {
    id: ObjectId,
    name: String,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct ByText {
    id: String,
    owner: Option<ObjectId>,
    owner_id: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct ByUuid {
    id: Uuid,
    n: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct ByNumber {
    id: i64,
    n: i64,
}

async fn keys_of_other_types(_: Orm) -> Outcome {
    empty::<ByText>().await?;
    let text = ByText::create(new!(ByText { id: "ada" })).await?;
    assert_eq!(ByText::find("ada".to_owned()).await?, Some(text));
    let twice = ByText::create(new!(ByText { id: "ada" })).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::UniqueViolation, "{twice}");
    empty::<ByUuid>().await?;
    let uuid = ByUuid::create(new!(ByUuid { n: 1 })).await?;
    assert_eq!((uuid.id.get_version_num(), ByUuid::find(uuid.id).await?), (7, Some(uuid)));
    Ok(())
}

async fn numbers_follow_each_other(_: Orm) -> Outcome {
    empty::<ByNumber>().await?;
    assert_eq!(ByNumber::create(new!(ByNumber { n: 1 })).await?.id, 1);
    let keys = ByNumber::insert_many((0..3).map(|n| new!(ByNumber { n }))).await?;
    assert_eq!(keys, [2, 3, 4]);
    Ok(())
}

/// Whatever the field is called.
async fn text_is_no_object_id(_: Orm) -> Outcome {
    if !is_sent_commands().await? {
        return Ok(()); // nor is text compared with an id
    }
    empty::<ByText>().await?;
    let hex = "65f1c0ffee65f1c0ffee65f1";
    let owner: ObjectId = hex.parse().expect("an object id");
    let made = ByText::create(new!(ByText { id: hex, owner, owner_id: hex })).await?;
    assert_eq!((made.id.as_str(), made.owner_id.as_deref()), (hex, Some(hex)));
    assert_eq!(ByText::query().filter(|t| t.owner.eq(owner)).count().await?, 1);
    assert_eq!(ByText::query().filter(|t| t.owner_id.eq(hex)).count().await?, 1);
    // as what it is not, it is not found
    assert_eq!(RawKey::query().filter(|k| k.id.eq(owner)).count().await?, 0);
    Ok(())
}
/// `User { name varchar(100), email unique, age integer default 0, json settings }`, and the other one.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "suite_customers")]
struct User {
    id: i64,
    #[model(length = 100)]
    name: String,
    #[model(unique, length = 255)]
    email: String,
    #[model(default = 0)]
    age: i32,
    settings: Option<Json<BTreeMap<String, Vec<i64>>>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document, table = "geolocations")]
struct GeoLocation {
    id: i64,
    #[model(length = 255)]
    name: String,
    position: Option<Location>,
}

async fn the_models_of_the_specification(_: Orm) -> Outcome {
    empty::<User>().await?;
    let settings = Json(BTreeMap::from([("sizes".to_owned(), vec![1, 2])]));
    let draft = new!(User { name: "Ada", email: "ada@example.org", settings: settings.clone() });
    let ada = User::create(draft).await?;
    assert_eq!((ada.id, ada.age, &ada.settings), (1, 0, &Some(settings)));
    assert_eq!(User::find(1).await?, Some(ada));
    let twice = User::create(new!(User { name: "Eve", email: "ada@example.org" })).await;
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::UniqueViolation);
    let long = User::create(new!(User { name: "x".repeat(101), email: "x" })).await.unwrap_err();
    assert_eq!((long.kind(), long.column()), (ErrorKind::Encode, Some("name")));
    empty::<GeoLocation>().await?;
    let oslo = Location { lat: 59.9, lon: 10.7 };
    let keys = GeoLocation::insert_many([
        new!(GeoLocation { name: "Oslo", position: oslo.clone() }),
        new!(GeoLocation { name: "Nowhere" }),
    ]);
    assert_eq!(keys.await?, [1, 2]);
    let north = GeoLocation::query().filter(|g| g.position.lat.gt(50.0)).sole().await?;
    assert_eq!((north.id, north.position), (1, Some(oslo)));
    GeoLocation::drop_table().await?;
    Ok(())
}
