import StellaDetection

/// What Sigma's log sources are in Windows' event logs, whatever the shape in which events come.
struct WindowsLogSources {
  let name: String
  /// The event field of each part of an event's head, by the name that Sigma gives it.
  let head: [String: [String]]
  /// Where the named data of an event are.
  let data: String
  /// Where data of events are that have a structure of their own; nil when events are flat.
  let userData: String?
  /// The objects that hold all of an event.
  let whole: [String]

  static let evtx = WindowsLogSources(
    name: "windows-evtx",
    head: [
      "Channel": ["Event.System.Channel"],
      "EventID": ["Event.System.EventID", "Event.System.EventID.#text"],
      "Provider_Name": ["Event.System.Provider.#attributes.Name"],
      "Provider_Guid": ["Event.System.Provider.#attributes.Guid"],
      "Computer": ["Event.System.Computer"],
      "ComputerName": ["Event.System.Computer"],
      "Level": ["Event.System.Level"],
      "Task": ["Event.System.Task"],
      "Opcode": ["Event.System.Opcode"],
      "Keywords": ["Event.System.Keywords"],
      "Version": ["Event.System.Version"],
      "EventRecordID": ["Event.System.EventRecordID"],
      "Security_UserID": ["Event.System.Security.#attributes.UserID"],
      "UserID": ["Event.System.Security.#attributes.UserID"],
      "Execution_ProcessID": ["Event.System.Execution.#attributes.ProcessID"],
      "Execution_ThreadID": ["Event.System.Execution.#attributes.ThreadID"],
      "TimeCreated_SystemTime": ["Event.System.TimeCreated.#attributes.SystemTime"],
      "Data": ["Event.EventData.Data", "Event.EventData.Data.#text"],
    ], data: "Event.EventData.{}", userData: "Event.UserData.", whole: ["Event"])

  static let flat = WindowsLogSources(
    name: "windows-flat",
    head: [
      "Channel": ["Channel"], "EventID": ["EventID"], "Computer": ["Computer"], "ComputerName": ["Computer"],
      "Provider_Name": ["Provider_Name"],
    ], data: "{}", userData: nil, whole: [])

  static let winlogbeat = WindowsLogSources(
    name: "winlogbeat",
    head: [
      "Channel": ["winlog.channel"], "EventID": ["winlog.event_id"], "Computer": ["winlog.computer_name"],
      "ComputerName": ["winlog.computer_name"], "Provider_Name": ["winlog.provider_name"],
      "Provider_Guid": ["winlog.provider_guid"], "Keywords": ["winlog.keywords"], "Task": ["winlog.task"],
      "Opcode": ["winlog.opcode"], "EventRecordID": ["winlog.record_id"], "Level": ["log.level"],
      "Version": ["winlog.version"],
    ], data: "winlog.event_data.{}", userData: "winlog.user_data.", whole: ["winlog", "message"])

  var mapping: FieldMapping {
    var mapping = FieldMapping(name: name)
    mapping.fields = head
    mapping.template = [data]
    mapping.searched = whole
    if head["Data"] != nil { mapping.lists = ["Data"] }
    mapping.by = head["Computer"] ?? []
    mapping.sources = [FieldMapping.Source(product: "windows", condition: .test(present(first("Channel"))))]
    for category in WindowsLogSources.categories { mapping.sources.append(source(category)) }
    for service in WindowsLogSources.services {
      var source = FieldMapping.Source(
        product: "windows", service: service.name,
        condition: equality("Channel", service.channels.map { .text(Array($0.utf8)) }))
      if let container = service.container, let userData {
        source.template = [data, userData + (self.name == "winlogbeat" ? "{}" : "\(container).{}")]
      }
      mapping.sources.append(source)
    }
    return mapping
  }

  private func first(_ name: String) -> String { head[name]?.first ?? name }

  private func present(_ field: String) -> FieldTest { FieldTest(field, .isNull(false)) }

  private func equality(_ name: String, _ values: [Literal]) -> ImportedCondition {
    .disjunction(of: values.map { .test(FieldTest(first(name), .compare(.equal, $0))) })
  }

  private func source(_ category: Category) -> FieldMapping.Source {
    var parts: [ImportedCondition] = []
    if let provider = category.provider { parts.append(equality("Provider_Name", [.text(Array(provider.utf8))])) }
    if !category.events.isEmpty {
      parts.append(equality("Channel", category.channels.map { .text(Array($0.utf8)) }))
      parts.append(equality("EventID", category.events.map { .integer($0) }))
    }
    if !category.types.isEmpty {
      let field = data.replacing("{}", with: "EventType")
      parts.append(
        .disjunction(of: category.types.map { .test(FieldTest(field, .compare(.equal, .text(Array($0.utf8))))) }))
    }
    return FieldMapping.Source(
      category: category.name, product: category.product, condition: .conjunction(of: parts),
      fields: category.fields.mapValues { [data.replacing("{}", with: $0)] })
  }

  // MARK: - The log sources, as the taxonomy of Sigma and the documentation of Windows have them

  private struct Category {
    var name: String
    var product: String? = "windows"
    var channels: [String] = [sysmon]
    var events: [Int64] = []
    /// Stands alone where the events of a provider are traced and in no channel.
    var provider: String?
    /// Values of `EventType`, where only some events of that number belong.
    var types: [String] = []
    var fields: [String: String] = [:]
  }

  private static let sysmon = "Microsoft-Windows-Sysmon/Operational"
  private static let defender = "Microsoft-Windows-Windows Defender/Operational"
  private static let powerShell = ["Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"]

  private static let categories: [Category] = [
    Category(name: "process_creation", events: [1]),
    Category(
      name: "process_creation", channels: ["Security"], events: [4688],
      fields: [
        "Image": "NewProcessName", "ParentImage": "ParentProcessName", "ProcessId": "NewProcessId",
        "ParentProcessId": "ProcessId", "LogonId": "SubjectLogonId",
      ]),
    Category(name: "file_change", events: [2]),
    Category(name: "network_connection", events: [3]),
    Category(name: "sysmon_status", events: [4, 16]),
    Category(name: "process_termination", events: [5]),
    Category(name: "driver_load", events: [6]),
    Category(name: "image_load", events: [7]),
    Category(name: "create_remote_thread", events: [8]),
    Category(name: "raw_access_thread", events: [9]),
    Category(name: "process_access", events: [10]),
    Category(name: "file_event", events: [11]),
    Category(name: "registry_event", events: [12, 13, 14]),
    Category(name: "registry_add", events: [12], types: ["CreateKey"]),
    Category(name: "registry_delete", events: [12], types: ["DeleteKey", "DeleteValue"]),
    Category(name: "registry_set", events: [13]),
    Category(name: "registry_rename", events: [14]),
    Category(name: "create_stream_hash", events: [15]),
    Category(name: "pipe_created", events: [17, 18]),
    Category(name: "wmi_event", events: [19, 20, 21]),
    Category(name: "dns_query", events: [22]),
    Category(name: "file_delete", events: [23, 26]),
    Category(name: "file_delete_detected", events: [26]),
    Category(name: "clipboard_change", events: [24]),
    Category(name: "clipboard_capture", events: [24]),
    Category(name: "process_tampering", events: [25]),
    Category(name: "file_block_executable", events: [27]),
    Category(name: "file_block_shredding", events: [28]),
    Category(name: "file_executable_detected", events: [29]),
    Category(name: "sysmon_error", events: [255]),
    Category(name: "ps_module", channels: powerShell, events: [4103]),
    Category(name: "ps_script", channels: powerShell, events: [4104]),
    Category(name: "ps_classic_start", channels: ["Windows PowerShell"], events: [400]),
    Category(name: "ps_classic_provider_start", channels: ["Windows PowerShell"], events: [600]),
    Category(name: "ps_classic_script", channels: ["Windows PowerShell"], events: [800]),
    Category(name: "file_access", provider: "Microsoft-Windows-Kernel-File"),
    Category(name: "file_rename", provider: "Microsoft-Windows-Kernel-File"),
    Category(
      name: "antivirus", product: nil, channels: [defender],
      events: [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116, 1117],
      fields: ["Signature": "Threat Name", "Filename": "Path"]),
  ]

  /// `container`: the element of `UserData` that holds the data of the service's events.
  private static let services: [(name: String, channels: [String], container: String?)] = [
    ("application", ["Application"], nil),
    ("security", ["Security"], nil),
    ("system", ["System"], nil),
    ("sysmon", [sysmon], nil),
    ("powershell", powerShell, nil),
    ("powershell-classic", ["Windows PowerShell"], nil),
    ("taskscheduler", ["Microsoft-Windows-TaskScheduler/Operational"], nil),
    ("wmi", ["Microsoft-Windows-WMI-Activity/Operational"], "Operation_ESStoConsumerBinding"),
    ("ntlm", ["Microsoft-Windows-NTLM/Operational"], nil),
    ("dhcp", ["Microsoft-Windows-DHCP-Server/Operational"], nil),
    ("dns-server", ["DNS Server"], nil),
    ("dns-server-audit", ["Microsoft-Windows-DNS-Server/Audit"], nil),
    ("dns-server-analytic", ["Microsoft-Windows-DNS-Server/Analytical"], nil),
    ("dns-client", ["Microsoft-Windows-DNS Client Events/Operational"], nil),
    ("driver-framework", ["Microsoft-Windows-DriverFrameworks-UserMode/Operational"], "UMDFHostDeviceArrivalBegin"),
    ("firewall-as", ["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"], nil),
    ("windefend", [defender], nil),
    ("bits-client", ["Microsoft-Windows-Bits-Client/Operational"], nil),
    ("printservice-admin", ["Microsoft-Windows-PrintService/Admin"], "PrinterDriverLoadFailed"),
    ("printservice-operational", ["Microsoft-Windows-PrintService/Operational"], "DriverAdded"),
    ("smbclient-security", ["Microsoft-Windows-SmbClient/Security"], nil),
    ("smbclient-connectivity", ["Microsoft-Windows-SmbClient/Connectivity"], nil),
    ("smbserver-connectivity", ["Microsoft-Windows-SMBServer/Connectivity"], nil),
    (
      "terminalservices-localsessionmanager",
      ["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"], "EventXML"
    ),
    ("codeintegrity-operational", ["Microsoft-Windows-CodeIntegrity/Operational"], nil),
    (
      "applocker",
      [
        "Microsoft-Windows-AppLocker/MSI and Script", "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment", "Microsoft-Windows-AppLocker/Packaged app-Execution",
      ], "RuleAndFileData"
    ),
    ("msexchange-management", ["MSExchange Management"], nil),
    (
      "security-mitigations",
      ["Microsoft-Windows-Security-Mitigations/Kernel Mode", "Microsoft-Windows-Security-Mitigations/User Mode"], nil
    ),
    ("diagnosis-scripted", ["Microsoft-Windows-Diagnosis-Scripted/Operational"], nil),
    ("shell-core", ["Microsoft-Windows-Shell-Core/Operational"], nil),
    ("openssh", ["OpenSSH/Operational"], nil),
    ("ldap", ["Microsoft-Windows-LDAP-Client/Debug"], nil),
    ("ldap_debug", ["Microsoft-Windows-LDAP-Client/Debug"], nil),
    ("bitlocker", ["Microsoft-Windows-BitLocker/BitLocker Management"], nil),
    ("vhdmp", ["Microsoft-Windows-VHDMP/Operational"], nil),
    ("appxdeployment-server", ["Microsoft-Windows-AppXDeploymentServer/Operational"], nil),
    ("appxpackaging-om", ["Microsoft-Windows-AppxPackaging/Operational"], nil),
    ("appmodel-runtime", ["Microsoft-Windows-AppModel-Runtime/Admin"], nil),
    ("lsa-server", ["Microsoft-Windows-LSA/Operational"], nil),
    ("capi2", ["Microsoft-Windows-CAPI2/Operational"], nil),
    (
      "certificateservicesclient-lifecycle-system",
      ["Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"], "CertNotificationData"
    ),
    (
      "kernel-shimengine",
      ["Microsoft-Windows-Kernel-ShimEngine/Operational", "Microsoft-Windows-Kernel-ShimEngine/Diagnostic"], nil
    ),
    (
      "application-experience",
      [
        "Microsoft-Windows-Application-Experience/Program-Telemetry",
        "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
      ], "CompatibilityFixEvent"
    ),
    ("ntfs", ["Microsoft-Windows-Ntfs/Operational"], nil),
    ("hyper-v-worker", ["Microsoft-Windows-Hyper-V-Worker"], nil),
    ("kernel-event-tracing", ["Microsoft-Windows-Kernel-EventTracing"], nil),
    ("sense", ["Microsoft-Windows-SENSE/Operational"], nil),
    (
      "microsoft-servicebus-client", ["Microsoft-ServiceBus-Client/Admin", "Microsoft-ServiceBus-Client/Operational"],
      nil
    ),
    ("iis-configuration", ["Microsoft-IIS-Configuration/Operational"], nil),
  ]
}
