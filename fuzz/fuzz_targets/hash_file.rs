#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| odata_fuzz::within_limits(data, odata_fuzz::devices::hash_file));
