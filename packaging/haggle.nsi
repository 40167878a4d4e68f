; The installer for Windows: makensis with VERSION, PROGRAM, ICON, LICENCES and OUT defined; scripts/package does it.
; haggle-...-setup.exe /S installs without asking, "%ProgramFiles%\Haggle\uninstall.exe" /S uninstalls so.

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
RequestExecutionLevel admin ; for the program's folder, and for the firewall
ManifestDPIAware true

!include MUI2.nsh

Name "Haggle"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Haggle"
InstallDirRegKey HKLM "Software\Haggle" "Folder"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Haggle"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Haggle setup"
VIAddVersionKey LegalCopyright "MIT licence"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Haggle"
; One rule for the program, whatever its port. Not on networks that Windows calls public: who trusts one tells Windows so.
!define FIREWALL '"$SYSDIR\netsh.exe" advfirewall firewall'

Section
  SetShellVarContext all
  SetRegView 64
  SetOutPath "$INSTDIR"
  File "/oname=haggle.exe" "${PROGRAM}"
  File "/oname=licences.txt" "${LICENCES}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Haggle.lnk" "$INSTDIR\haggle.exe"

  nsExec::ExecToLog '${FIREWALL} delete rule name="Haggle" program="$INSTDIR\haggle.exe"' ; of an older version
  Pop $0
  nsExec::ExecToLog '${FIREWALL} add rule name="Haggle" program="$INSTDIR\haggle.exe" dir=in action=allow profile=private,domain'
  Pop $0
  StrCmp $0 0 +2
  DetailPrint "The firewall has no rule for Haggle: netsh says $0"

  WriteRegStr HKLM "Software\Haggle" "Folder" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Haggle"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\haggle.exe"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "The Haggle developers"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
  SectionGetSize 0 $0
  WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

; People's messages and goods stay: they are not the installer's.
Section "Uninstall"
  SetShellVarContext all
  SetRegView 64
  Delete "$INSTDIR\haggle.exe"
  IfErrors 0 +3 ; it runs
  MessageBox MB_OK|MB_ICONEXCLAMATION "Haggle is running. Close it, then uninstall it." /SD IDOK
  Abort
  nsExec::ExecToLog '${FIREWALL} delete rule name="Haggle" program="$INSTDIR\haggle.exe"'
  Pop $0
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Haggle.lnk"
  DeleteRegKey HKLM "${UNINSTALL}"
  DeleteRegKey HKLM "Software\Haggle"
SectionEnd
