/// Tidings for Flutter: one socket that comes back by itself, and the REST calls beside it.
///
/// NOT COMPILED: no Dart was at hand. notifications/tests/test_flutter_example.py compares every path, frame and field
/// below with the product's. Needs the packages `http` and `web_socket_channel`.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:http/http.dart' as http;
import 'package:web_socket_channel/web_socket_channel.dart';

/// One notification, as docs/protocol.md §3 has it.
class TidingsNotification {
  TidingsNotification(this.json);

  final Map<String, dynamic> json;

  int get id => json['id'] as int;
  int get seq => json['seq'] as int;
  String get kind => json['notification_type'] as String;
  String get category => json['category'] as String;
  String get priority => json['priority'] as String;
  String get title => json['title'] as String;
  String get message => json['message'] as String;
  String? get link => json['link'] as String?;
  String? get image => json['image'] as String?;
  String? get thread => json['thread'] as String?;
  List<dynamic> get actions => json['actions'] as List<dynamic>;
  String? get actionTaken => json['action_taken'] as String?;
  bool get isRead => json['is_read'] as bool;
  bool get isSilent => json['silent'] as bool;
  bool get requiresAcknowledgment => json['requires_acknowledgment'] as bool;
  DateTime get createdAt => DateTime.parse(json['created_at'] as String);
}

/// Where the cursor outlives the app: shared_preferences, a file. Keep one per person.
abstract class Shelf {
  Future<({int seq, String epoch})?> read();
  Future<void> write(int seq, String epoch);
}

/// What the app shows. `show` is true for what is worth a local notification.
abstract class Listener {
  void onNotification(TidingsNotification notification, {required bool show});
  void onUnreadCount(int unread);
  void onRead(List<int>? ids, int? upToSeq);
  void onChanged(int id, Map<String, dynamic> changes);
  void onRemoved(List<int> ids);

  /// Load the list again, then `acknowledge(lastSeq)`.
  void onReset(int lastSeq);
  void onSignedOut();
}

class Tidings {
  Tidings(this.server, this.token, this.shelf, this.listener);

  final Uri server;
  final Future<String> Function() token;
  final Shelf shelf;
  final Listener listener;

  static const _stops = {4401, 4403}; // do not come back without a new sign-in
  WebSocketChannel? _socket;
  final Set<int> _known = {};
  int? _seq;
  String? _epoch;
  int _tries = 0;
  bool _wanted = false;

  Future<void> connect() async {
    _wanted = true;
    final cursor = await shelf.read();
    _seq = cursor?.seq;
    _epoch = cursor?.epoch;
    await _open();
  }

  void disconnect() {
    _wanted = false;
    _send('disconnect', {});
    _socket?.sink.close();
  }

  Future<void> _open() async {
    final address = server.replace(
      scheme: server.scheme == 'https' ? 'wss' : 'ws',
      path: '/ws/notifications/',
      queryParameters: {
        if (_seq != null) 'last_seq': '$_seq',
        if (_seq != null && _epoch != null) 'epoch': _epoch,
      },
    );
    // the token goes as a subprotocol: addresses end up in logs
    final socket = WebSocketChannel.connect(address, protocols: ['tidings.v1', await token()]);
    _socket = socket;
    socket.stream.listen(
      (text) => _heard(jsonDecode(text as String) as Map<String, dynamic>),
      onError: (Object _) {},
      onDone: () => _gone(socket.closeCode),
    );
  }

  void _gone(int? code) {
    if (_stops.contains(code)) return listener.onSignedOut();
    if (!_wanted) return;
    final longest = min(30000, 500 << min(_tries++, 6)); // full jitter: a restarted server does not meet all at once
    Timer(Duration(milliseconds: Random().nextInt(longest)), _open);
  }

  void _send(String event, Map<String, dynamic> data) => _socket?.sink.add(jsonEncode({'event': event, 'data': data}));

  Future<void> _heard(Map<String, dynamic> frame) async {
    final data = frame['data'] as Map<String, dynamic>;
    switch (frame['event'] as String) {
      case 'authenticated':
        _tries = 0;
        if (_seq == null) _epoch = data['epoch'] as String;
        listener.onUnreadCount(data['unread_count'] as int);
      case 'notification' || 'system_notification':
        await _notification(frame, TidingsNotification(data));
      case 'caught_up':
        await _advance(data['last_seq'] as int);
      case 'unread_count':
        listener.onUnreadCount(data['unread_count'] as int);
      case 'notification_read':
        listener.onRead((data['ids'] as List<dynamic>?)?.cast<int>(), data['up_to_seq'] as int?);
      case 'notification_changed':
        listener.onChanged(data['id'] as int, data['changes'] as Map<String, dynamic>);
      case 'notification_removed':
        listener.onRemoved((data['ids'] as List<dynamic>).cast<int>());
      case 'reset':
        _epoch = data['epoch'] as String;
        _seq = data['last_seq'] as int;
        _known.clear();
        await shelf.write(_seq!, _epoch!);
        listener.onReset(_seq!);
      case 'ping':
        _send('pong', {});
      case 'reconnect':
        Timer(Duration(milliseconds: data['after_ms'] as int), () => _socket?.sink.close());
    }
  }

  Future<void> _notification(Map<String, dynamic> frame, TidingsNotification notification) async {
    final seq = _seq;
    if (seq != null && notification.seq <= seq) return _send('ack', {'up_to_seq': notification.seq}); // a repeat
    if (seq != null && (frame['prev'] as int) > seq) return _send('resume', {'last_seq': seq, 'epoch': _epoch});
    await _advance(notification.seq); // stored first: what dies in between is not announced twice
    _send('ack', {'up_to_seq': notification.seq});
    final isNew = _known.add(notification.id) || frame['again'] == 'snooze';
    listener.onNotification(notification, show: isNew && !notification.isSilent && !notification.isRead);
  }

  Future<void> _advance(int seq) async {
    _seq = max(_seq ?? 0, seq);
    await shelf.write(_seq!, _epoch!);
  }

  // --- REST

  Future<List<TidingsNotification>> list({int? before, bool unread = false}) async {
    final query = {'before': '${before ?? 9007199254740991}', 'page_size': '20'};
    final page = await _call('GET', unread ? '/api/notifications/unread/' : '/api/notifications/', query: query);
    return [for (final row in page['results'] as List<dynamic>) TidingsNotification(row as Map<String, dynamic>)];
  }

  Future<void> markAsRead(int id) => _call('POST', '/api/notifications/$id/mark_as_read/');
  Future<void> markAsUnread(int id) => _call('POST', '/api/notifications/$id/mark_as_unread/');
  Future<void> archive(int id) => _call('POST', '/api/notifications/$id/archive/');
  Future<void> unarchive(int id) => _call('POST', '/api/notifications/$id/unarchive/');
  Future<void> snooze(int id, DateTime until) =>
      _call('POST', '/api/notifications/$id/snooze/', body: {'until': until.toUtc().toIso8601String()});
  Future<void> act(int id, String action) => _call('POST', '/api/notifications/$id/act/', body: {'action': action});
  Future<void> markAllAsRead(int upToSeq) =>
      _call('POST', '/api/notifications/mark_all_as_read/', body: {'up_to_seq': upToSeq});
  Future<void> acknowledge(int upToSeq) => _call('POST', '/api/notifications/ack/', body: {'up_to_seq': upToSeq});
  Future<void> delete(int id) => _call('DELETE', '/api/notifications/$id/');

  /// The phone's address for push (Firebase).
  Future<void> registerDevice(String fcmToken) =>
      _call('POST', '/api/notifications/devices/', body: {'kind': 'fcm', 'token': fcmToken});

  Future<Map<String, dynamic>> _call(String method, String path,
      {Map<String, String>? query, Map<String, dynamic>? body}) async {
    final request = http.Request(method, server.replace(path: path, queryParameters: query))
      ..headers['Authorization'] = 'Bearer ${await token()}'
      ..headers['Content-Type'] = 'application/json';
    if (method == 'POST') request.body = jsonEncode(body ?? {});
    final answer = await http.Response.fromStream(await request.send());
    if (answer.statusCode >= 400) throw http.ClientException(answer.body, request.url);
    return answer.body.isEmpty ? {} : jsonDecode(answer.body) as Map<String, dynamic>;
  }
}
