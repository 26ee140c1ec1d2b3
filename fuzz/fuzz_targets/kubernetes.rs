//! Answers of a Kubernetes API server.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| irsa_doctor::fuzzing::kubernetes(input));
