//! The messages of bodies that the server stopped receiving.

use super::Text;
use crate::connection::Interrupted;

impl Text {
    pub(super) fn of_interrupted(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Stalled { after } => {
                let seconds = after.as_secs_f64();
                text!(
                    "The request was given up: nothing of its body came for {seconds} s. For slower clients raise --idle-timeout.",
                    "Запрос прерван: его тело не поступало {seconds} с. Для медленных клиентов увеличьте --idle-timeout."
                )
            }
            Interrupted::TooSlow { bytes_per_second } => text!(
                "The request was given up: its body came at less than {bytes_per_second} bytes per second. For slower clients lower --min-upload-rate.",
                "Запрос прерван: его тело поступало медленнее {bytes_per_second} байт в секунду. Для медленных клиентов уменьшите --min-upload-rate."
            ),
            Interrupted::NoTurn { max_uploads } => text!(
                "No place for this upload became free in time: the limit is {max_uploads} at once. Try again later, or raise --max-uploads.",
                "Место для этой загрузки не освободилось вовремя: одновременно принимается не больше {max_uploads}. Повторите позже или увеличьте --max-uploads."
            ),
        }
    }
}
