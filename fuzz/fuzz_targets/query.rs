//! A `JSONPath` for `--query`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| irsa_doctor::fuzzing::query(input));
