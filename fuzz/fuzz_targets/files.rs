//! A file for `lint`: manifest, policy, plan, state or template.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| irsa_doctor::fuzzing::files(input));
