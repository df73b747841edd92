//! The bytes of files: they stay as they came, and the budget is charged exactly what they take.

use tracker_mock::Blob;
use tracker_mock::testing::{BlobWriter, Budget, OverBudget};

/// What is charged for a file beside its bytes.
const FILE_RECORD_BYTES: u64 = 512;

#[test]
fn a_refused_chunk_and_a_dropped_blob_give_their_bytes_back() {
    let budget = Budget::new(FILE_RECORD_BYTES + 10);
    let mut writer = BlobWriter::new(&budget, 1 << 40).expect("room for a record");
    writer.push(b"12345678").expect("room for eight bytes");
    assert_eq!(writer.push(b"123"), Err(OverBudget { limit_bytes: FILE_RECORD_BYTES + 10 }));
    drop(writer);
    assert_eq!(budget.used_bytes(), 0);

    let blob = Blob::new(&budget, b"1234567890").expect("exactly the budget");
    let copy = blob.clone();
    drop(blob);
    assert_eq!((&*copy, budget.used_bytes()), (b"1234567890".as_slice(), FILE_RECORD_BYTES + 10));
    drop(copy);
    assert_eq!(budget.used_bytes(), 0);
}

const MIB: usize = 1024 * 1024;

#[test]
fn bytes_stay_in_order_wherever_they_stand() {
    let budget = Budget::new(u64::MAX);
    for expected_bytes in [0, 1, 1000, MIB / 4 - 1, MIB / 4, 3 * MIB, 30 * MIB, 1 << 60] {
        for lengths in [&[0, 1, 1000, MIB / 4, 7, 5 * MIB, 1, 9 * MIB][..], &[300_000], &[4 * MIB, 0, 4 * MIB]] {
            let mut writer = BlobWriter::new(&budget, expected_bytes as u64).expect("room");
            let mut model = Vec::new();
            for (index, &length) in lengths.iter().enumerate() {
                let chunk = vec![u8::try_from(index).expect("few chunks"); length];
                writer.push(&chunk).expect("memory");
                model.extend(chunk);
                assert_eq!(budget.used_bytes(), FILE_RECORD_BYTES + model.len() as u64);
            }
            assert!(*writer.finish() == model, "{expected_bytes} expected");
            assert_eq!(budget.used_bytes(), 0);
        }
    }
}

#[test]
fn files_are_charged_exactly_what_they_hold_while_they_come_and_go() {
    let budget = Budget::new(4 * MIB as u64);
    for size in [MIB, 2 * MIB, 3 * MIB, MIB / 2, 1000, 4 * MIB - 1000, MIB] {
        for expected_bytes in [0, size as u64, 1 << 60] {
            let mut writer = BlobWriter::new(&budget, expected_bytes).expect("room");
            let mut received = 0;
            for chunk in vec![1; size].chunks(100_000) {
                writer.push(chunk).expect("room");
                received += chunk.len() as u64;
                assert_eq!(budget.used_bytes(), FILE_RECORD_BYTES + received);
            }
            let blob = writer.finish();
            assert_eq!(budget.used_bytes(), FILE_RECORD_BYTES + size as u64);
            drop(blob);
            assert_eq!(budget.used_bytes(), 0);
        }
    }
}

#[test]
fn more_than_there_is_may_be_expected() {
    let budget = Budget::new(MIB as u64);
    let mut writer = BlobWriter::new(&budget, 1 << 60).expect("room for a record");
    writer.push(b"little").expect("room");
    assert!(budget.used_bytes() <= MIB as u64);
    assert_eq!(&*writer.finish(), b"little");
}
