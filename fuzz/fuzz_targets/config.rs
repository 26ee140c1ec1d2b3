//! A `.irsa-doctor.toml`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| irsa_doctor::fuzzing::config(input));
