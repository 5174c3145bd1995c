//! A driver is a small thing to write.

/// The lines of a source file.
fn lines(text: &str) -> usize {
    text.lines().count()
}

#[test]
fn the_driver_fits_in_200_lines() {
    let (driver, database) = (include_str!("../src/lib.rs"), include_str!("../src/database.rs"));
    assert!(lines(driver) <= 200, "the driver has {} lines", lines(driver));
    assert!(lines(driver) + lines(database) <= 400, "the database outgrows its driver");
}
