/// The canonical field names, and the names of real logs that each stands for, in order of priority.
///
/// A rule that reads a canonical name gets the field of that very name when the record has one, else the first source name
/// that the record has. A null, an array or an object counts only when none of the names has a plain value. A source name
/// with dots is first looked for as a literal key, then by nesting (`FieldPath`).
package enum FieldAliases {
  package struct Source: Sendable, Hashable {
    package let name: String
    package let conversion: FieldConversion
  }

  package struct Field: Sendable {
    package let name: String
    package let meaning: String
    /// Whether text that is a number becomes that number, under every name of the field.
    package let isNumeric: Bool
    package let sources: [Source]
  }

  /// All canonical fields, in the order of the reference page. `time` and `level` are here too: their values are read by
  /// the decoders themselves.
  package static let fields: [Field] = table.map { entry in
    Field(
      name: entry.name, meaning: entry.meaning, isNumeric: entry.numeric,
      sources: entry.sources.flatMap { group in
        group.names.split(separator: " ").map { Source(name: String($0), conversion: group.conversion) }
      })
  }

  /// The canonical field of that name.
  package static func field(_ name: String) -> Field? { index[name].map { fields[$0] } }

  /// Names of members that an event's time is taken from, in order of priority.
  package static let timeNames: [String] = ["time"] + (field("time")?.sources.map(\.name) ?? [])

  private static let index: [String: Int] =
    Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })

  /// The table as Markdown, for the reference page.
  package static func markdown() -> String {
    var lines = ["| field | what it is | also found under, first match wins |", "|---|---|---|"]
    for field in fields {
      var names: [String] = []
      for (place, source) in field.sources.enumerated() {
        var text = "`\(source.name)`"
        let isLastOfGroup =
          place + 1 == field.sources.count || field.sources[place + 1].conversion != source.conversion
        let remark = source.conversion.remark
        if isLastOfGroup, !remark.isEmpty { text += " (\(remark))" }
        names.append(text)
      }
      let meaning = field.isNumeric ? field.meaning + "; numeric text counts as a number" : field.meaning
      lines.append("| `\(field.name)` | \(meaning) | \(names.joined(separator: ", ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private typealias Group = (names: String, conversion: FieldConversion)
  private typealias Entry = (name: String, meaning: String, numeric: Bool, sources: [Group])

  private static let table: [Entry] = [
    (
      "time", "when it happened, nanoseconds since the epoch", false,
      [
        (
          """
          timestamp ts @timestamp @t datetime date_time eventTime event_time Timestamp time_iso8601 time_local \
          timeMillis epoch_ms __REALTIME_TIMESTAMP asctime date t created_at start_time
          """, .none
        )
      ]
    ),
    (
      "level", "how serious the log says it is", false,
      [
        (
          """
          severity lvl loglevel log_level log.level logLevel levelname level_name severity_text severityText @l \
          Level LEVEL Severity SEVERITY PRIORITY priority
          """, .none
        )
      ]
    ),
    (
      "message", "the text of the event", false,
      [("msg log text @m short_message body MESSAGE Message @message textPayload", .none)]
    ),
    (
      "service", "what wrote it: service, application or program", false,
      [
        (
          """
          service.name service_name serviceName app app_name appName application program resource.service.name \
          SYSLOG_IDENTIFIER component Service
          """, .none
        )
      ]
    ),
    (
      "host", "the machine that wrote it", false,
      [("hostname host.name host_name hostName _HOSTNAME node server", .none)]
    ),
    (
      "user_id", "stable identity of the user", false,
      [("userId userID user.id UserId uid usr_id usr.id userid enduser.id metadata.user_id metadata.userId", .none)]
    ),
    (
      "user", "name of the user", false,
      [("username user_name userName user.name usr usr.name login remote_user enduser.name actor acct", .none)]
    ),
    (
      "account", "whom a login or a request is about: identity, else name, else mail address", false,
      [
        (
          """
          user_id userId userID user.id UserId uid usr_id usr.id userid enduser.id metadata.user_id metadata.userId \
          user username user_name userName user.name usr usr.name login remote_user enduser.name actor acct email \
          user_email userEmail user.email mail
          """, .none
        )
      ]
    ),
    (
      "src_ip", "address that the request came from", false,
      [
        (
          """
          ip client_ip clientip clientIp clientIP remote_addr remote_ip remoteAddr remoteIp remoteIP remote_address \
          remoteAddress source_ip sourceIp sourceIP sourceIPAddress srcip srcIp src ip_address ipAddress client_addr \
          client.ip source.ip client.address source.address remote.ip network.client.ip http.client_ip net.peer.ip \
          peer_ip peer_addr req.ip req.remoteAddress request.ip request.remote_ip request.client_ip http.remote_addr \
          metadata.ip metadata.client_ip client_address \
          clientAddress ClientHost ClientAddr downstream_remote_address visitor_ip remip client remote
          """, .address
        )
      ]
    ),
    (
      "port", "port that the request came from", true,
      [("src_port source_port source.port client.port client_port remote_port remotePort spt", .none)]
    ),
    (
      "dst_ip", "address that it went to", false,
      [("dest_ip destination_ip destination.ip dst destIp server.ip", .address)]
    ),
    (
      "dst_port", "port that it went to", true,
      [("dest_port destination_port destination.port dport dpt destPort server.port", .none)]
    ),
    (
      "route", "path of the request, without the query", false,
      [
        (
          """
          path url_path urlPath endpoint http.route url.path request_path requestPath request.path req.path \
          http.path pathname uri url request_uri requestUri requestUrl request.uri request.url req.url http.url http.target \
          url.original url.full requestURI RequestPath target x-envoy-original-path x-envoy-origin-path
          """, .path
        )
      ]
    ),
    (
      "request_target",
      "target of the request for patterns: escapes undone, lower case, comments and runs of blanks folded into one",
      false,
      [
        (
          """
          uri request_uri requestUri url requestUrl request_url request.uri request.url req.url http.url http.target \
          url.original url.full path url_path urlPath request_path requestPath request.path req.path http.path url.path \
          endpoint route http.route request x-envoy-original-path x-envoy-origin-path
          """, .target
        )
      ]
    ),
    (
      "method", "method of the request", false,
      [
        (
          "http_method httpMethod verb request_method requestMethod http.method http.request.method request.method req.method RequestMethod",
          .none
        )
      ]
    ),
    (
      "status", "status code of the response", true,
      [
        (
          """
          status_code statusCode http_status httpStatus http_status_code response_code responseCode response_status \
          responseStatus http.status_code http.response.status_code response.status response.status_code res.statusCode \
          res.status StatusCode DownstreamStatus sc-status
          """, .none
        )
      ]
    ),
    (
      "duration_ms", "how long it took, milliseconds", true,
      [
        (
          """
          latency_ms elapsed_ms response_time_ms durationMs latencyMs elapsedMs responseTimeMs request_time_ms \
          requestTimeMs took_ms time_ms duration_millis elapsed_millis execution_time_ms query_time_ms responseTime
          """, .none
        ),
        (
          """
          duration_s duration_seconds durationSeconds latency_s latency_seconds elapsed_s elapsed_seconds \
          response_time_s response_time_seconds request_time took_seconds
          """, .seconds
        ),
        ("duration_us duration_micros durationUs latency_us elapsed_us time_us", .microseconds),
        ("duration_ns duration_nanos durationNs latency_ns elapsed_ns event.duration", .nanoseconds),
        ("duration latency elapsed took response_time elapsed_time request_duration", .durationText),
      ]
    ),
    (
      "error_type", "class or kind of the error", false,
      [
        (
          """
          errorType error.type error_class errorClass error_name errorName error.class error.name error.kind \
          exception.type exception_type exceptionType exception.class exception_class exceptionClass err.type err.name \
          exc_type exception
          """, .none
        )
      ]
    ),
    (
      "error_message", "text of the error", false,
      [
        (
          "errorMessage error.message error_msg err.message err.msg exception.message exception_message error err",
          .none
        )
      ]
    ),
    (
      "trace_id", "distributed trace", false,
      [("traceId traceID TraceId trace.id traceid dd.trace_id otelTraceID x_trace_id metadata.trace_id trace", .none)]
    ),
    ("span_id", "span of the trace", false, [("spanId spanID SpanId span.id spanid dd.span_id otelSpanID", .none)]),
    (
      "request_id", "one request", false,
      [
        (
          """
          requestId requestID RequestId req_id reqId request.id req.id http.request.id http.request_id x_request_id \
          x-request-id correlation_id correlationId correlationID metadata.request_id requestid
          """, .none
        )
      ]
    ),
    ("session_id", "one session", false, [("sessionId sessionID session.id sid session", .none)]),
    (
      "user_agent", "client software", false,
      [
        (
          "userAgent useragent user-agent http_user_agent httpUserAgent user_agent.original http.user_agent http.useragent agent ua request.headers.user-agent req.headers.user-agent",
          .none
        )
      ]
    ),
    (
      "referer", "page that led here", false,
      [("referrer http_referer http_referrer httpReferer http.request.referrer http.referer", .none)]
    ),
    ("query", "query of the request", false, [("query_string queryString url.query http.query args", .none)]),
    (
      "protocol", "protocol of the request", false,
      [("http_version httpVersion server_protocol http.version network.protocol proto", .none)]
    ),
    (
      "bytes", "size of the response, bytes", true,
      [
        (
          """
          body_bytes_sent bytes_sent bytesSent response_bytes responseBytes response_size responseSize content_length \
          contentLength http.response.bytes http.response.body.bytes res.contentLength metadata.bytes size length
          """, .none
        )
      ]
    ),
    (
      "event", "name of what happened", false,
      [("event.action event_name eventName event.name event_type eventType EventName", .none)]
    ),
    ("outcome", "`ok` or `fail`, or as the log says it", false, [("event.outcome result", .none)]),
    (
      "environment", "deployment environment", false,
      [("env deployment.environment deployment.environment.name stage", .none)]
    ),
    (
      "tenant_id", "tenant or organisation", false,
      [("tenantId tenant.id org_id orgId organization_id organizationId tenant", .none)]
    ),
    (
      "logger", "logger or module", false,
      [("logger_name loggerName log.logger logger.name module target_logger", .none)]
    ),
    ("thread", "thread", false, [("thread_name threadName process.thread.name threadname", .none)]),
    ("pid", "process", true, [("process_id processId process.pid procid _PID", .none)]),
    (
      "container", "container", false,
      [("container_name containerName container.name kubernetes.container.name kubernetes.container_name", .none)]
    ),
    (
      "pod", "pod", false,
      [("pod_name podName kubernetes.pod.name kubernetes.pod_name k8s.pod.name metadata.pod", .none)]
    ),
    (
      "namespace", "namespace of the pod", false,
      [("namespace_name kubernetes.namespace kubernetes.namespace_name k8s.namespace.name", .none)]
    ),
    (
      "version", "version of what wrote it", false,
      [("app_version appVersion service.version service_version release metadata.version", .none)]
    ),
    ("region", "region", false, [("cloud.region aws_region awsRegion metadata.region", .none)]),
  ]
}
