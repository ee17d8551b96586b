//! Machines that do not exist: makers, models and serial numbers of our own invention.
//!
//! In: a number. Out: the facts of a machine, always the same for the same number. Serial numbers have the
//! shapes that real makers use: seven or eight letters and digits, longer ones, one with blanks.

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};

struct Maker {
    name: &'static str,
    family: &'static str,
    models: [&'static str; 3],
    processor: &'static str,
    serial_number: fn(&mut Numbers) -> String,
}

const MAKERS: [Maker; 5] = [
    Maker {
        name: "Altwerk GmbH",
        family: "Feldbuch",
        models: ["Feldbuch 13 G4", "Feldbuch 15 G4", "Feldbuch Tower"],
        processor: "Halde Kern 7 8650",
        serial_number: |numbers| format!("{}{}", numbers.letters("BCDFGHJKLMNPQRSTVWXZ0123456789", 6), 2),
    },
    Maker {
        name: "Brightmere Computing Ltd.",
        family: "Heron",
        models: ["Heron Slim 14", "Heron Slim 16", "Heron Desk Mini"],
        processor: "Tarn R5 5625U",
        serial_number: |numbers| format!("BM{}", numbers.letters("ABCDEFGHJKMNPQRSTUVWXYZ0123456789", 6)),
    },
    Maker {
        name: "Corvid Systems",
        family: "Magpie",
        models: ["Magpie X1", "Magpie X2 Convertible", "Jackdaw Workstation"],
        processor: "Halde Kern 9 13900",
        serial_number: |numbers| {
            format!("5CV{}{}", numbers.letters("0123456789", 4), numbers.letters("BCDFGHJKLMNPQRSTVWXZ", 3))
        },
    },
    Maker {
        name: "Nordlys AS",
        family: "Nordlys Pro",
        models: ["Pro 9 for Business", "Pro 10 for Business", "Studio 2"],
        processor: "Fjell SQ3",
        serial_number: |numbers| format!("0{}", numbers.letters("0123456789", 11)),
    },
    Maker {
        name: "Cloudshed, Inc.",
        family: "Virtual Machine",
        models: ["Virtual Platform", "Virtual Platform", "Virtual Platform"],
        processor: "Cloudshed vCPU",
        serial_number: |numbers| {
            let bytes: Vec<String> = (0..16).map(|_| numbers.letters("0123456789abcdef", 2)).collect();
            format!("Cloudshed-{}", bytes.join(" "))
        },
    },
];

/// The facts of machine number `number`.
pub fn machine(number: u64) -> HardwareFacts {
    let mut numbers = Numbers(number.wrapping_mul(0x5851_F42D_4C95_7F2D));
    // Few machines are virtual, so the last maker comes up more rarely.
    let maker = match number % 20 {
        19 => &MAKERS[4],
        rest => &MAKERS[usize::try_from(rest % 4).unwrap_or_default()],
    };
    let model = usize::try_from(numbers.next() % 3).unwrap_or_default();
    let [high, low] = [numbers.next(), numbers.next()];
    let builder = uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes());
    HardwareFacts {
        serial_number: (maker.serial_number)(&mut numbers),
        manufacturer: maker.name.to_owned(),
        product_name: maker.models[model].to_owned(),
        smbios_uuid: builder.into_uuid(),
        product_key_id: format!("3{}", numbers.letters("0123456789", 12)),
        sku_number: format!("{}-{}", numbers.letters("ABCDEFGHJK", 2), numbers.letters("0123456789", 4)),
        system_family: maker.family.to_owned(),
        tpm_version: "2.0".to_owned(),
        os_build: if number.is_multiple_of(3) { 22_631 } else { 26_100 },
        processor: maker.processor.to_owned(),
        disk_serial_number: numbers.letters("ABCDEF0123456789", 16),
        captured: 133_800_000_000_000_000 + number * 600_000_000,
    }
}

/// The hash of a machine, 4,000 characters.
pub fn hash(facts: &HardwareFacts) -> String {
    HardwareIdentifier::encode(facts).to_base64()
}

/// SplitMix64: numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn letters(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|_| letters[usize::try_from(self.next() % letters.len() as u64).unwrap_or_default()])
            .collect()
    }
}
