//! A bundle, packed or not.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| irsa_doctor::fuzzing::bundle(input));
