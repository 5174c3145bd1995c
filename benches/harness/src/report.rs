//! Figures, and the tables made of them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::{lane::Sample, options::RuntimeKind, rounds::Samples, workload::Workload};

/// All tables of one run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub tables: Vec<Table>,
}

/// One runtime's figures. The bare driver stands beside, not among, the columns.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    pub runtime: RuntimeKind,
    pub measure: Measure,
    /// The bare driver's name.
    pub bare: String,
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    Time,
    Allocations,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub workload: Workload,
    /// The bare driver's medians, per operation.
    pub bare: Figures,
    /// The columns' figures; none where a library cannot express the workload.
    pub cells: Vec<Option<Figures>>,
}

/// Medians. In the bare driver's place, seconds; in a column's, ratios to the bare driver's.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Figures {
    pub wall: f64,
    pub cpu: f64,
    /// Always absolute.
    pub allocations: f64,
    pub bytes: f64,
    pub peak: f64,
}

impl Row {
    /// `samples` has the bare driver's first.
    pub fn new(workload: Workload, samples: &[Samples]) -> Option<Self> {
        let (bare, others) = samples.split_first()?;
        let bare = bare.as_ref()?;
        let absolute =
            Figures::medians(bare, |sample, _| sample.cost.wall, |sample, _| sample.cost.cpu);
        let ratios = |samples: &Samples| {
            samples.as_ref().map(|samples| {
                Figures::medians(
                    samples,
                    |sample, round| sample.cost.wall / bare[round].cost.wall,
                    |sample, round| sample.cost.cpu / bare[round].cost.cpu,
                )
            })
        };
        Some(Self { workload, bare: absolute, cells: others.iter().map(ratios).collect() })
    }
}

impl Figures {
    fn medians(
        samples: &[Sample],
        wall: impl Fn(&Sample, usize) -> f64,
        cpu: impl Fn(&Sample, usize) -> f64,
    ) -> Self {
        let over = |figure: &dyn Fn(&Sample, usize) -> f64| {
            median(samples.iter().enumerate().map(|(round, sample)| figure(sample, round)))
        };
        Self {
            wall: over(&wall),
            cpu: over(&cpu),
            allocations: over(&|sample, _| sample.heap.allocations),
            bytes: over(&|sample, _| sample.heap.bytes),
            peak: over(&|sample, _| sample.heap.peak),
        }
    }
}

impl Report {
    /// Takes another program's columns in; its figures are ratios to its own bare driver.
    pub fn join(&mut self, other: Report) {
        for (table, other) in self.tables.iter_mut().zip(other.tables) {
            table.columns.extend(other.columns);
            for (row, other) in table.rows.iter_mut().zip(other.rows) {
                row.cells.extend(other.cells);
            }
        }
    }

    pub fn markdown(&self) -> String {
        let tables: Vec<_> = self.tables.iter().map(Table::markdown).collect();
        tables.join("\n")
    }
}

impl Table {
    fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n| workload | {} |", self.runtime.label(), self.bare);
        for column in &self.columns {
            _ = write!(text, " {column} |");
        }
        text += "\n|---|---:|";
        text += &"---:|".repeat(self.columns.len());
        text += "\n";
        for row in &self.rows {
            _ = write!(text, "| {} | {} |", row.workload.label(), self.absolute(row));
            for cell in &row.cells {
                let cell = cell.map_or("-".to_owned(), |cell| self.cell(row.workload, cell));
                _ = write!(text, " {cell} |");
            }
            text += "\n";
        }
        text
    }

    fn absolute(&self, row: &Row) -> String {
        match self.measure {
            Measure::Time => duration(row.bare.wall),
            Measure::Allocations => self.cell(row.workload, row.bare),
        }
    }

    fn cell(&self, workload: Workload, figures: Figures) -> String {
        let Figures { allocations, bytes, .. } = figures;
        match self.measure {
            Measure::Time => format!("{:.2} ({:.2})", figures.wall, figures.cpu),
            Measure::Allocations if workload == Workload::Select10000 => {
                let peak = figures.peak / 1e6;
                format!("{}, peak {peak:.2} MB", heap(allocations, bytes))
            }
            Measure::Allocations => heap(allocations, bytes),
        }
    }
}

fn heap(allocations: f64, bytes: f64) -> String {
    match bytes {
        ..1e3 => format!("{allocations:.0} / {bytes:.0} B"),
        ..1e6 => format!("{allocations:.0} / {:.1} kB", bytes / 1e3),
        _ => format!("{allocations:.0} / {:.1} MB", bytes / 1e6),
    }
}

fn duration(seconds: f64) -> String {
    match seconds * 1e6 {
        micros @ ..1e3 => format!("{micros:.1} us"),
        micros => format!("{:.2} ms", micros / 1e3),
    }
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[len / 2],
        len => (values[len / 2 - 1] + values[len / 2]) / 2.0,
    }
}
