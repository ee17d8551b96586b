//! Units of work that panic. They unwind without the message that a panic prints: whoever looks for those in what tests
//! print is to find none.

use std::panic::resume_unwind;
use std::pin::pin;

use futures_util::FutureExt as _;

use super::*;

/// Every manner of reading.
const READS: [Foreseen; 4] = [
    Foreseen { is_brief: false, is_alone: false },
    Foreseen { is_brief: false, is_alone: true },
    Foreseen { is_brief: true, is_alone: false },
    Foreseen { is_brief: true, is_alone: true },
];

fn put(number: i64) -> impl Fn(&Tx<'_>) -> Result<(), Error> + Send + 'static {
    move |tx| tx.run(&Statement::new("INSERT INTO kept VALUES ($1)", vec![number.into()])).map(drop)
}

/// Writes, and then comes to no end.
fn panicking(number: i64) -> impl Fn(&Tx<'_>) -> Result<(), Error> + Send + 'static {
    move |tx| {
        put(number)(tx)?;
        resume_unwind(Box::new("a bug"))
    }
}

fn kept(tx: &Tx<'_>) -> Result<Vec<Row>, Error> {
    tx.rows(&Statement::new("SELECT number FROM kept ORDER BY number", Vec::new()))
}

fn rows(numbers: &[i64]) -> Vec<Row> {
    numbers.iter().map(|number| vec![(*number).into()]).collect()
}

#[tokio::test]
async fn its_neighbours_in_a_transaction_are_committed() {
    let (db, mut steps) = steps::open("panics").unwrap();
    steps.connection().execute_batch("CREATE TABLE kept (number INTEGER)").unwrap();
    {
        let (mut first, mut second, mut third) =
            (pin!(db.write(put(1))), pin!(db.write(panicking(2))), pin!(db.write(put(3))));
        // Who is polled queues up.
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        steps.commit(3);
        assert_eq!((first.await, second.await, third.await), (Ok(()), Err(Error::Panicked), Ok(())));
    }
    let mut found = pin!(db.read(kept));
    assert!(found.as_mut().now_or_never().is_none());
    steps.commit(1);
    assert_eq!(found.await, Ok(rows(&[1, 3])));
    assert_eq!(db.metrics().panics.get(), 1);
}

#[tokio::test]
async fn the_threads_go_on() {
    fn bug(_: &Tx<'_>) -> Result<(), Error> {
        resume_unwind(Box::new("a bug"))
    }
    let folder = tempfile::tempdir().unwrap();
    let db = sqlite::open(Some(&folder.path().join("database"))).unwrap();
    db.write(|tx| tx.batch("CREATE TABLE kept (number INTEGER)")).await.unwrap();
    // More often than there are threads.
    let times = 20;
    for number in 0..times {
        assert_eq!(db.write(panicking(number)).await, Err(Error::Panicked));
        for foreseen in READS {
            assert_eq!(db.read_foreseen(foreseen, bug).await, Err(Error::Panicked));
        }
    }
    db.write(put(times)).await.unwrap();
    for foreseen in READS {
        assert_eq!(db.read_foreseen(foreseen, kept).await, Ok(rows(&[times])));
    }
    assert_eq!(db.metrics().panics.get(), (1 + 4) * 20);
}
