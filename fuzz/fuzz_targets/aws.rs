//! Answers of AWS.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| irsa_doctor::fuzzing::aws(input));
