Attribute VB_Name = "SheetsyncRibbon"
Option Explicit

' The buttons of the ribbon. Each runs Python, which works on this Excel's active workbook and
' shows what came of it. Nothing here is a function, so that no cell can call it.

Public Sub SheetsyncClick(control As IRibbonControl)
    Dim wrong As String
    wrong = WhyNot()
    If wrong <> "" Then
        MsgBox wrong, vbExclamation, "sheetsync"
        Exit Sub
    End If
    Select Case control.ID
        Case "sheetsyncRecalculate": RunSheetsync "recalculate"
        Case "sheetsyncCheck": RunSheetsync "check"
        Case "sheetsyncUndo": RunSheetsync "undo"
    End Select
End Sub

' Why the active workbook cannot be worked on, "" when it can. Its name is handed to a shell.
Private Function WhyNot() As String
    Dim odd As String, i As Integer
    If ActiveWorkbook Is Nothing Then
        WhyNot = "Open the tracker first; press Enable Editing if Excel shows that button."
        Exit Function
    End If
    #If Mac Then
        odd = "=|$`\" & Chr(34)
    #Else
        odd = "=%" & Chr(34)
    #End If
    For i = 1 To Len(odd)
        If InStr(ActiveWorkbook.Name, Mid$(odd, i, 1)) > 0 Then
            WhyNot = "The workbook's name has a " & Mid$(odd, i, 1) & _
                ", which cannot be handed to Python: save it under another name. Nothing was changed."
            Exit Function
        End If
    Next
End Function
