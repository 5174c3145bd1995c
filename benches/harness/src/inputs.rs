//! What the workloads are given: the same for every contender.

use crate::{
    data::{NewUser, USERS},
    workload::Workload,
};

pub fn limit(workload: Workload) -> i64 {
    match workload {
        Workload::SelectOne => 1,
        Workload::Select100 => 100,
        _ => USERS,
    }
}

pub fn batch(workload: Workload) -> Vec<NewUser> {
    let rows = match workload {
        Workload::Insert100 => 100,
        _ => 10_000,
    };
    new_users(USERS + 1, rows)
}

/// Keys in an order that has nothing to do with theirs.
pub fn key(turn: u32) -> i64 {
    i64::from(turn) * 7919 % USERS + 1
}

pub fn new_name(turn: u32) -> String {
    format!("Name {turn:05}")
}

pub fn new_names(count: u32) -> Vec<String> {
    (0..count).map(new_name).collect()
}

/// New users that no file holds yet, numbered from `first`.
pub fn new_users(first: i64, count: u32) -> Vec<NewUser> {
    (first..first + i64::from(count)).map(NewUser::numbered).collect()
}
