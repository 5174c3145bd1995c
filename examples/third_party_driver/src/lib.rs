//! A complete driver.
