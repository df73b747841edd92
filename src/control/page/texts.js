// The words of the page, in English and Russian by the browser's language.
export const language = navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';
export const locale = language === 'ru' ? 'ru-RU' : 'en-GB';

// The text with its values in the places of {}.
export function t(text, ...values) {
  const words = (language === 'ru' && RUSSIAN[text]) || text;
  return values.reduce((known, value) => known.replace('{}', value), words);
}

const RUSSIAN = {
  Worlds: 'Миры', 'All worlds': 'Все миры', 'last seen': 'видели в', 'something deviated': 'есть отклонения', 'faults armed': 'взведены сбои',
  requests: 'запросы', files: 'файлы', outbox: 'уведомления', faults: 'сбои', coverage: 'покрытие', clock: 'часы и id', state: 'состояние', tabs: 'разделы',
  live: 'на связи', 'not connected': 'нет связи', '{} requests': 'запросов: {}', '{} dropped': 'вытеснено: {}', Pause: 'Пауза', 'Go on': 'Дальше', Clear: 'Очистить', 'Really?': 'Точно?',
  Theme: 'Тема', auto: 'как в системе', light: 'светлая', dark: 'тёмная',
  Filter: 'Фильтр', Keys: 'Клавиши', 'Choose a world on the left.': 'Выберите мир слева.',
  Time: 'Время', Request: 'Запрос', request: 'запрос', Status: 'Статус', Size: 'Размер', Try: 'Раз', deviation: 'отклонение', Marks: 'Отметки', fault: 'сбой', 'no operation': 'нет операции',
  'Show the other attempts': 'Показать другие попытки', 'No request matches the filter.': 'Фильтру не отвечает ни один запрос.',
  'No requests yet. Send one with this organisation, and it appears here.': 'Запросов ещё нет. Отправьте запрос этой организации, и он появится здесь.',
  'Near misses': 'Почти подходят', none: 'нет', 'and not': 'а не',
  'Chosen request': 'Выбранный запрос', 'Choose a request to see what was sent.': 'Выберите запрос, чтобы увидеть, что было отправлено.', Back: 'Назад', ms: 'мс', B: 'Б',
  'attempt {} of {}': 'попытка {} из {}', 'Attempt {}': 'Попытка {}', Body: 'Тело', 'Copy as curl': 'Копировать как curl', raw: 'байты', link: 'ссылка', copied: 'скопировано', 'not copied': 'не вышло',
  Upload: 'Загрузка', preamble: 'преамбула', boundary: 'граница', headers: 'заголовки', file: 'файл', text: 'текст', unparsed: 'не разобрано', unread: 'не прочитано', gone: 'пусто', epilogue: 'эпилог', 'cut off after {} bytes': 'обрыв после {} байт',
  'no answer': 'без ответа',
  '{} of {} bytes': '{} из {} байт', 'as many bytes, but others': 'столько же байт, но другие', 'the same bytes': 'те же байты', '{} bytes': '{} байт', '{} bytes from byte {}': '{} байт с байта {}',
  'Refused at byte {}': 'Отказ на байте {}', 'Fault at byte {}': 'Сбой на байте {}',
  Parts: 'Части', Type: 'Тип', 'From byte': 'С байта', Headers: 'Заголовки', Content: 'Содержимое', 'cut off': 'обрыв', 'The name is': 'Имя:', from: 'из',
 
  Deviations: 'Отклонения', evidence: 'основание', 'all of it': 'всё целиком', Exchange: 'Обмен', Answer: 'Ответ',
  'Drop files here: each is a real upload through POST /v2/attachments/.': 'Бросьте файлы сюда: каждый — настоящая загрузка через POST /v2/attachments/.', 'or choose them': 'или выберите',
  Token: 'Токен', Preview: 'Вид', Name: 'Имя', Where: 'Где', By: 'Кто', Download: 'Скачать', 'This world has no files.': 'В этом мире нет файлов.',
  project: 'проект', portfolio: 'портфель', goal: 'цель', issue: 'задача', comment: 'комментарий', temporary: 'временный',
  What: 'Что', Of: 'Чего', Told: 'Кому', fileAdded: 'добавлен', fileRemoved: 'удалён',
  'Nobody would have been told of anything yet.': 'Пока никто ничего не получил бы.',
  Presets: 'Готовые', Armed: 'Взведены', 'A rule': 'Правило', rule: 'правило', Which: 'Какие', Times: 'Раз', Matched: 'Подошло', Fired: 'Сработало', Disarm: 'Снять', 'Disarm all': 'Снять все',
  'every request': 'каждый запрос', 'never fired': 'ни разу', 
  'Arm it': 'Взвести',
 
 
 
  '{} of {} goals were reached.': 'достигнуто целей: {} из {}.', Goals: 'Цели',
  Clock: 'Часы', 'ms ahead': 'мс вперёд', Read: 'Прочитать', Set: 'Задать', 'Advance by': 'Перевести на', Advance: 'Перевести', Ids: 'Id',
  Operation: 'Операция', Counter: 'Счётчик', Value: 'Значение', Document: 'Документ', Load: 'Загрузить', Snapshots: 'Снимки', Take: 'Снять', Restore: 'Вернуть', Delete: 'Удалить', Reset: 'Сбросить',
  'Back to the fixtures: files, outbox, journal, faults and snapshots of this world are gone.': 'Назад к начальному состоянию: файлы, уведомления, журнал, сбои и снимки этого мира исчезнут.',
  'Taken.': 'Снят.', 'Loaded.': 'Загружено.', 'Restored.': 'Возвращено.', 'Deleted.': 'Удалён.', 'Reset.': 'Сброшено.',
};
